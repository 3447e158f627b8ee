import type { ConnectionState } from "@freshet/agent-sse";
import { useAgentStream, type AgentStreamStatus } from "@freshet/agent-sse/react";
import { useState } from "react";
import type { DemoEvent } from "../../src/protocol/events.ts";
import { server } from "../server/web-server.ts";
import { Conversation } from "../model/conversation.ts";

/** Something that happened to the connection, for the timeline. */
export interface ConnectionMark {
  readonly at: number;
  readonly kind: "open" | "lost";
  /** Where reading goes on. */
  readonly lastEventId: string | undefined;
}

/** A conversation that is being read live, and its connection. */
export interface LiveConversation {
  readonly conversation: Conversation;
  readonly marks: readonly ConnectionMark[];
  readonly status: AgentStreamStatus;
  readonly reconnects: number;
  /** Why reading ended for good. */
  readonly failure: unknown;
}

/**
 * Reads a conversation, over all of its turns, for as long as it is shown; give the component the id as
 * its key.
 */
export function useConversation(id: string): LiveConversation {
  const [marks] = useState((): ConnectionMark[] => []);
  const { conversation, status, reconnects, streamError } = useAgentStream(server.eventsUrl(id), {
    until: "closed",
    retry: { initialDelayMs: 20, maxDelayMs: 2000 },
    pauseWhenHidden: true,
    initialState: () => ({ conversation: new Conversation() }),
    // Changed in place: it grows with every token, and is shown at most once a frame.
    reducer: (state, event: DemoEvent, eventId = "") => {
      state.conversation.add(event, eventId, Date.now());
      return state;
    },
    onStateChange: (state) => note(state, marks),
  });
  const failure = status === "failed" ? streamError : undefined;
  return { conversation, marks, status, reconnects, failure };
}

function note({ status, lastEventId }: ConnectionState, marks: ConnectionMark[]): void {
  const at = Date.now();
  if (status === "open") marks.push({ at, kind: "open", lastEventId });
  if (status === "waiting" && marks.at(-1)?.kind === "open") {
    marks.push({ at, kind: "lost", lastEventId });
  }
}
