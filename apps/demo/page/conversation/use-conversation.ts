import { connectAgentStream, type ConnectionState } from "@freshet/agent-sse";
import { useEffect, useState, useSyncExternalStore } from "react";
import { server } from "../server.ts";
import { Conversation } from "./conversation.ts";

/** Something that happened to the connection, for the timeline. */
export interface ConnectionMark {
  readonly at: number;
  readonly kind: "open" | "lost";
  /** Where reading goes on. */
  readonly lastEventId: string | undefined;
}

/** A conversation that is being read live, and its connection. */
export class LiveConversation {
  readonly conversation: Conversation = new Conversation();
  readonly marks: ConnectionMark[] = [];
  status: ConnectionState["status"] | "hidden" = "connecting";
  reconnects: number = 0;
  /** Why reading ended for good. */
  failure: unknown = undefined;
  readonly #id: string;
  readonly #listeners = new Set<() => void>();
  #snapshot = 0;
  #isScheduled = false;

  constructor(id: string) {
    this.#id = id;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): number => this.#snapshot;

  /** Reads until the signal aborts, and from where it was when called again. */
  async read(signal: AbortSignal): Promise<void> {
    const { lastId } = this.conversation;
    const events = connectAgentStream(server.eventsUrl(this.#id), {
      signal,
      lastEventId: lastId,
      until: "closed",
      retry: { initialDelayMs: 60, maxDelayMs: 2000 },
      onStateChange: (state) => this.#onStateChange(state, signal),
    });
    try {
      for await (const { event, id = "" } of events) {
        this.conversation.add(event, id, Date.now());
        this.#changed();
      }
    } catch (error) {
      if (signal.aborted) return;
      this.failure = error;
      this.#changed();
    }
  }

  #onStateChange(state: ConnectionState, signal: AbortSignal): void {
    if (signal.aborted) return;
    const { status, lastEventId } = state;
    if (status === "open") {
      if (state.reconnects > 0) this.reconnects++;
      this.marks.push({ at: Date.now(), kind: "open", lastEventId });
    }
    if (status === "waiting" && this.status === "open") {
      this.marks.push({ at: Date.now(), kind: "lost", lastEventId });
    }
    this.status = status;
    this.#changed();
  }

  /** Many events may come between two pictures of the screen; one look at them is enough. */
  #changed(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const show = () => {
      this.#isScheduled = false;
      this.#snapshot++;
      for (const listener of this.#listeners) listener();
    };
    if (document.hidden) setTimeout(show, 100);
    else requestAnimationFrame(show);
  }
}

/**
 * Reads a conversation for as long as it is shown; give the component the id as its key. A tab in the
 * background lets go of its connection (a browser has six for a server, and other tabs want theirs) and
 * goes on from its position later.
 */
export function useConversation(id: string): LiveConversation {
  const [live] = useState(() => new LiveConversation(id));
  useEffect(() => {
    let reading = new AbortController();
    const onVisibility = () => {
      reading.abort();
      if (document.hidden) return;
      reading = new AbortController();
      void live.read(reading.signal);
    };
    onVisibility();
    document.addEventListener("visibilitychange", onVisibility);
    return () => {
      document.removeEventListener("visibilitychange", onVisibility);
      reading.abort();
    };
  }, [live]);
  useSyncExternalStore(live.subscribe, live.snapshot);
  return live;
}
