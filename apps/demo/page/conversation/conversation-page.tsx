import { useMemo, useState, type ReactElement } from "react";
import { AgentStreamError } from "@freshet/agent-sse";
import { Counters } from "./counters.tsx";
import { errorMessage } from "../server/error-message.ts";
import { BreakPanel } from "../faults/break-panel.tsx";
import { FaultLog } from "../faults/fault-log.tsx";
import type { StatusInUse } from "../server/use-status.ts";
import { Notice } from "../layout/notice.tsx";
import { navigate } from "../model/route.ts";
import { server } from "../server/web-server.ts";
import { WirePanel } from "../wire/wire-panel.tsx";
import { Announcer } from "./announcer.tsx";
import { Composer } from "./composer.tsx";
import { ConversationPane } from "./conversation-pane.tsx";
import type { TurnActions } from "./turn-view.tsx";
import { useConversation, type LiveConversation } from "./use-conversation.ts";

interface ConversationPageProps {
  id: string;
  status: StatusInUse;
  /** The list of conversations has a new one. */
  onCreated: () => void;
}

/** One conversation, live; give the component the id as its key. */
export function ConversationPage({ id, status, onCreated }: ConversationPageProps): ReactElement {
  const live = useConversation(id);
  const [draft, setDraft] = useState("");
  const [isSending, setSending] = useState(false);
  const [asked, setAsked] = useState(0);
  const [failure, setFailure] = useState<string>();
  const { conversation, marks } = live;

  const { send, actions } = useMemo(() => {
    const attempt = async (action: () => Promise<unknown>) => {
      setFailure(undefined);
      setSending(true);
      try {
        await action();
      } catch (error) {
        setFailure(errorMessage(error));
      }
      setSending(false);
    };
    const ask = (prompt: string) =>
      attempt(async () => {
        await server.askMore(id, prompt);
        setAsked((count) => count + 1);
        setDraft("");
      });
    const fork = (position: string) =>
      attempt(async () => {
        const { id: forked } = await server.fork(id, position);
        onCreated();
        navigate({ view: "conversation", id: forked });
      });
    const forkBefore = (position: string | undefined, prompt: string) => {
      // The new page takes the question over into its box.
      sessionStorage.setItem("draft", prompt);
      if (position === undefined) navigate({ view: "new" });
      else void fork(position);
    };
    const all: TurnActions = {
      fork: (position) => void fork(position),
      forkBefore,
      askAgain: (prompt) => void ask(prompt),
    };
    return { send: (prompt: string) => void ask(prompt), actions: all };
  }, [id, onCreated]);

  useMemo(() => {
    const kept = takeDraft();
    if (kept !== undefined) setDraft(kept);
  }, []);

  if (live.failure !== undefined) return <LostConversation failure={live.failure} />;
  const isEmpty = conversation.turns.length === 0;
  const stop = () => {
    server.stop(id).catch((error: unknown) => setFailure(errorMessage(error)));
  };
  const footer = (
    <>
      {failure !== undefined && (
        <p className="failure" role="alert">
          {failure}
        </p>
      )}
      <Composer
        draft={draft}
        onDraft={setDraft}
        onSend={send}
        onStop={conversation.isRunning ? stop : undefined}
        isSending={isSending}
        label="Ask more"
        focusKey={id}
      />
      <Connection live={live} />
    </>
  );
  const reports = status.status?.reports ?? [];
  return (
    <>
      <ConversationPane
        conversation={conversation}
        version={conversation.version}
        asked={asked}
        heading={conversation.turns[0]?.prompt ?? "Conversation"}
        actions={actions}
        footer={footer}
      >
        {isEmpty && <Notice title="Reading the conversation …" />}
      </ConversationPane>
      <WirePanel
        conversation={conversation}
        marks={marks}
        faults={reports.map(({ at }) => at)}
        isLive
      >
        <Announcer conversation={conversation} reconnects={live.reconnects} />
        <Counters id={id} conversation={conversation} reconnects={live.reconnects} />
        <BreakPanel {...status} />
        <FaultLog reports={reports} marks={marks} />
      </WirePanel>
    </>
  );
}

/** A question that was taken along from another conversation, once. */
export function takeDraft(): string | undefined {
  const draft = sessionStorage.getItem("draft") ?? undefined;
  sessionStorage.removeItem("draft");
  return draft;
}

function LostConversation({ failure }: { failure: unknown }): ReactElement {
  const isMissing = failure instanceof AgentStreamError && failure.status === 404;
  return (
    <section className="pane" aria-label="Conversation">
      <Notice
        title={isMissing ? "There is no such conversation." : "The conversation cannot be read."}
        text={
          isMissing
            ? "It may belong to a demo that has ended: its data goes when it ends."
            : errorMessage(failure)
        }
        isFailure
      >
        <button type="button" className="primary" onClick={() => navigate({ view: "new" })}>
          Ask something new
        </button>
      </Notice>
    </section>
  );
}

const words: Record<LiveConversation["status"], string> = {
  idle: "Not connected while nobody looks.",
  open: "Connected: every event arrives as it is written.",
  connecting: "Connecting …",
  waiting: "The connection broke. Trying again from the last event …",
  done: "Closed.",
  stopped: "Closed.",
  failed: "",
};

function Connection({ live }: { live: LiveConversation }): ReactElement {
  return (
    <p className="connection">
      <span className={live.status === "open" ? "lamp is-up" : "lamp"} aria-hidden="true" />
      {words[live.status]}
    </p>
  );
}
