import type { ReactElement } from "react";
import { AgentStreamError } from "@freshet/agent-sse";
import { Counters } from "./counters.tsx";
import { errorMessage } from "../server/error-message.ts";
import { BreakPanel } from "../faults/break-panel.tsx";
import { FaultLog } from "../faults/fault-log.tsx";
import type { PolledStatus } from "../server/use-status.ts";
import { Notice } from "../layout/notice.tsx";
import { navigate } from "../model/route.ts";
import { WirePanel } from "../wire/wire-panel.tsx";
import { Announcer } from "./announcer.tsx";
import { Composer } from "./composer.tsx";
import { ConversationPane } from "./conversation-pane.tsx";
import { useConversationActions } from "./use-conversation-actions.ts";
import { useConversation, type LiveConversation } from "./use-conversation.ts";

interface ConversationPageProps {
  id: string;
  status: PolledStatus;
  /** Called when the list of conversations has a new entry. */
  onCreated: () => void;
}

/** One live conversation; the component needs the id as its key. */
export function ConversationPage({ id, status, onCreated }: ConversationPageProps): ReactElement {
  const live = useConversation(id);
  const { draft, setDraft, isSending, sent, failure, send, stop, turnActions } =
    useConversationActions(id, onCreated);
  const { conversation, marks } = live;
  if (live.failure !== undefined) return <LostConversation failure={live.failure} />;
  const isEmpty = conversation.turns.length === 0;
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
        sent={sent}
        heading={conversation.turns[0]?.prompt ?? "Conversation"}
        actions={turnActions}
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

function LostConversation({ failure }: { failure: unknown }): ReactElement {
  const isMissing = failure instanceof AgentStreamError && failure.status === 404;
  return (
    <section className="pane" aria-label="Conversation">
      <Notice
        title={isMissing ? "There is no such conversation." : "The conversation cannot be read."}
        text={
          isMissing
            ? "It may belong to an earlier run of the demo, whose data was deleted when it ended."
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

const statusTexts: Record<LiveConversation["status"], string> = {
  idle: "Not connected while the page is hidden.",
  open: "Connected: every event arrives as it is written.",
  connecting: "Connecting …",
  waiting: "The connection broke. Trying again from the last event …",
  done: "Closed.",
  empty: "Nothing is here yet.",
  stopped: "Closed.",
  failed: "",
};

function Connection({ live }: { live: LiveConversation }): ReactElement {
  return (
    <p className="connection">
      <span className={live.status === "open" ? "lamp is-up" : "lamp"} aria-hidden="true" />
      {statusTexts[live.status]}
    </p>
  );
}
