import { useState, type ReactElement } from "react";
import { errorMessage } from "../server/error-message.ts";
import { BreakPanel } from "../faults/break-panel.tsx";
import { FaultLog } from "../faults/fault-log.tsx";
import type { StatusInUse } from "../server/use-status.ts";
import { navigate } from "../model/route.ts";
import { server } from "../server/web-server.ts";
import { Composer } from "./composer.tsx";
import { takeDraft } from "./conversation-page.tsx";

const suggestions = [
  "How high is the Elbe at Dresden, and is it rising?",
  "How does a token get from Bedrock to this page?",
  "What happens when a server dies in the middle?",
];

/** Where a conversation begins. */
export function NewPage({
  status,
  onCreated,
}: {
  status: StatusInUse;
  onCreated: () => void;
}): ReactElement {
  const [draft, setDraft] = useState(() => takeDraft() ?? "");
  const [isSending, setSending] = useState(false);
  const [failure, setFailure] = useState<string>();
  const ask = async (prompt: string) => {
    setSending(true);
    setFailure(undefined);
    try {
      const { id } = await server.ask(prompt);
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
              Every answer comes as binary frames, becomes events in a durable stream, and is read
              by this page through a connection that you may cut, slow down or kill. Reload, open a
              second tab, stop a server in the middle: nothing is lost and nothing comes twice.
            </p>
            <ul className="suggestions">
              {suggestions.map((prompt) => (
                <li key={prompt}>
                  <button type="button" disabled={isSending} onClick={() => void ask(prompt)}>
                    {prompt}
                  </button>
                </li>
              ))}
            </ul>
            {status.status?.model.kind === "scripted" && (
              <p className="small">
                The model is simulated and knows three answers by heart; everything behind and
                before it is real.
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
              onSend={(prompt) => void ask(prompt)}
              onStop={undefined}
              isSending={isSending}
              label="Ask something"
              focusKey="new"
            />
          </div>
        </div>
      </section>
      <section className="side" aria-label="What is behind it">
        <BreakPanel {...status} />
        <FaultLog reports={status.status?.reports ?? []} marks={[]} />
      </section>
    </>
  );
}
