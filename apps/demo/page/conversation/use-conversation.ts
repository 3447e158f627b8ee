import type { ConnectionState } from "@freshet/agent-sse";
import { useAgentStream, type AgentStreamStatus } from "@freshet/agent-sse/react";
import { useState } from "react";
import type { DemoEvent } from "../../src/protocol/events.ts";
import { webServer } from "../server/web-server.ts";
import type { ConnectionMark } from "../model/connection-mark.ts";
import { Conversation } from "../model/conversation.ts";

/** A conversation that is read live, and its connection. */
export interface LiveConversation {
  readonly conversation: Conversation;
  readonly marks: readonly ConnectionMark[];
  readonly status: AgentStreamStatus;
  readonly reconnects: number;
  /** Why reading ended for good. */
  readonly failure: unknown;
}

/**
 * Reads a conversation, over all of its turns, for as long as it is shown; the component needs the id as
 * its key.
 */
export function useConversation(id: string): LiveConversation {
  const [marks] = useState((): ConnectionMark[] => []);
  const { conversation, status, reconnects, streamError } = useAgentStream(
    webServer.eventsUrl(id),
    {
      until: "closed",
      retry: { initialDelayMs: 20, maxDelayMs: 2000 },
      pauseWhenHidden: true,
      initialState: () => ({ conversation: new Conversation() }),
      // Changed in place: it grows with every token and is rendered at most once per frame.
      reducer: (state, event: DemoEvent, eventId = "") => {
        state.conversation.add(event, eventId, Date.now());
        return state;
      },
      onStateChange: (state) => addMark(state, marks),
    },
  );
  const failure = status === "failed" ? streamError : undefined;
  return { conversation, marks, status, reconnects, failure };
}

function addMark({ status, lastEventId }: ConnectionState, marks: ConnectionMark[]): void {
  const at = Date.now();
  if (status === "open") marks.push({ at, kind: "open", lastEventId });
  if (status === "waiting" && marks.at(-1)?.kind === "open") {
    marks.push({ at, kind: "lost", lastEventId });
  }
}
