import { useState, type ReactElement } from "react";
import { errorMessage } from "../server/error-message.ts";
import { BreakPanel } from "../faults/break-panel.tsx";
import { FaultLog } from "../faults/fault-log.tsx";
import type { PolledStatus } from "../server/use-status.ts";
import { takeDraft } from "../model/draft.ts";
import { navigate } from "../model/route.ts";
import { webServer } from "../server/web-server.ts";
import { Composer } from "./composer.tsx";

const suggestions = [
  "How high is the Elbe at Dresden, and is it rising?",
  "How does a token get from Bedrock to this page?",
  "What happens when a server dies in the middle?",
];

/** The start of a new conversation. */
export function NewPage({
  status,
  onCreated,
}: {
  status: PolledStatus;
  onCreated: () => void;
}): ReactElement {
  const [draft, setDraft] = useState(() => takeDraft() ?? "");
  const [isSending, setSending] = useState(false);
  const [failure, setFailure] = useState<string>();
  const start = async (prompt: string) => {
    setSending(true);
    setFailure(undefined);
    try {
      const { id } = await webServer.createConversation(prompt);
      onCreated();
      navigate({ view: "conversation", id });
    } catch (error) {
      setFailure(errorMessage(error));
      setSending(false);
    }
  };
  return (
    <>
      <section className="pane" aria-label="Conversation">
        <div className="pane-scroll">
          <div className="column welcome">
            <h2 className="welcome-title">Ask something. Then break it.</h2>
            <p>
              Every answer arrives as binary frames, becomes events in a durable stream, and is read
              by this page over a connection that you can cut, slow down or kill. Reload, open a
              second tab, kill a server in the middle: nothing is lost and nothing is repeated.
            </p>
            <ul className="suggestions">
              {suggestions.map((prompt) => (
                <li key={prompt}>
                  <button type="button" disabled={isSending} onClick={() => void start(prompt)}>
                    {prompt}
                  </button>
                </li>
              ))}
            </ul>
            {status.status?.model.kind === "scripted" && (
              <p className="small">
                The model is simulated and has three scripted answers; everything around it is real.
              </p>
            )}
          </div>
        </div>
        <div className="pane-foot">
          <div className="column">
            {failure !== undefined && (
              <p className="failure" role="alert">
                {failure}
              </p>
            )}
            <Composer
              draft={draft}
              onDraft={setDraft}
              onSend={(prompt) => void start(prompt)}
              onStop={undefined}
              isSending={isSending}
              label="Ask something"
              focusKey="new"
            />
          </div>
        </div>
      </section>
      <section className="side" aria-label="Faults and log">
        <BreakPanel {...status} />
        <FaultLog reports={status.status?.reports ?? []} marks={[]} />
      </section>
    </>
  );
}
