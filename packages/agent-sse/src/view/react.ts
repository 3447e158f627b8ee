"use client";
/**
 * An agent's turn in a React component, while it streams.
 *
 * @module
 */
import type { AgentEvent } from "@freshet/core";
import { useEffect, useState, useSyncExternalStore } from "react";
import { AgentStreamView } from "./agent-stream-view.ts";
import type { AgentTranscript } from "./transcript.ts";
import {
  initialStateOf,
  type AgentStreamSnapshot,
  type AgentStreamViewOptions,
} from "./view-options.ts";

export { AgentStreamView } from "./agent-stream-view.ts";
export type {
  AgentStreamHealth,
  AgentStreamSnapshot,
  AgentStreamStatus,
  AgentStreamViewOptions,
} from "./view-options.ts";

/** What {@link useAgentStream} returns. */
export type AgentStreamState<S extends object = AgentTranscript> = AgentStreamSnapshot<S> & {
  /** Ends the stream. The state that was read stays. */
  readonly stop: () => void;
  /** Continues after the last event: after a failure, a `stop`, or `done`. */
  readonly resume: () => void;
  /** Reads the stream again from its start: where the server no longer knows the last id (400, 410). */
  readonly restart: () => void;
};

/**
 * Follows an agent stream while the component is mounted. The component renders at most once per frame, with
 * the state so far: a transcript, or the result of `reducer`. On the server it renders `initialState` and
 * makes no connection.
 *
 * @param source - the URL of the events; or an {@link AgentStreamView} made outside of the component, which
 * continues where it was when the component is mounted again; or `null` for no stream yet
 * @param options - used with a URL; the functions in it may change with every render
 *
 * @example
 * ```tsx
 * import { useAgentStream } from "@freshet/agent-sse/react";
 *
 * export function AgentTurn({ id }: { id: string }) {
 *   const { text, tools, status, error, stop } = useAgentStream(`/agents/${id}/events`);
 *   return (
 *     <article aria-busy={status === "open"}>
 *       {tools.map((tool) => <p key={tool.id}>{tool.name}: {tool.status}</p>)}
 *       <p>{text}</p>
 *       {error && <p role="alert">{error.message}</p>}
 *       <button onClick={stop}>Stop</button>
 *     </article>
 *   );
 * }
 * ```
 */
export function useAgentStream<
  E extends { type: string } = AgentEvent,
  S extends object = AgentTranscript,
>(
  source: string | URL | AgentStreamView<E, S> | null | undefined,
  options: AgentStreamViewOptions<E, S> = {},
): AgentStreamState<S> {
  const key = source instanceof URL ? source.href : source;
  const [held, setHeld] = useState(() => hold(key, options));
  let current = held;
  if (held.key !== key) {
    // Another source: its view replaces the old one in this render.
    current = hold(key, options);
    setHeld(current);
  }
  const { view, isOwn } = current;
  useEffect(() => {
    if (isOwn) view.setOptions(options);
  });
  const snapshot = useSyncExternalStore(view.subscribe, view.getSnapshot, view.getServerSnapshot);
  return { ...snapshot, stop: view.stop, resume: view.resume, restart: view.restart };
}

type Key<E extends { type: string }, S extends object> =
  string | AgentStreamView<E, S> | null | undefined;

type View<E extends { type: string }, S extends object> = Pick<
  AgentStreamView<E, S>,
  "subscribe" | "getSnapshot" | "getServerSnapshot" | "stop" | "resume" | "restart" | "setOptions"
>;

interface Held<E extends { type: string }, S extends object> {
  key: Key<E, S>;
  isOwn: boolean;
  view: View<E, S>;
}

function hold<E extends { type: string }, S extends object>(
  key: Key<E, S>,
  options: AgentStreamViewOptions<E, S>,
): Held<E, S> {
  if (typeof key === "string") return { key, isOwn: true, view: new AgentStreamView(key, options) };
  return { key, isOwn: false, view: key ?? emptyView(options) };
}

/** The view while there is no stream. */
function emptyView<E extends { type: string }, S extends object>(
  options: AgentStreamViewOptions<E, S>,
): View<E, S> {
  const snapshot: AgentStreamSnapshot<S> = {
    ...initialStateOf(options),
    ...{ status: "idle", streamError: undefined, reconnects: 0, lastEventId: undefined },
  };
  const doNothing = () => undefined;
  return {
    subscribe: () => doNothing,
    getSnapshot: () => snapshot,
    getServerSnapshot: () => snapshot,
    ...{ stop: doNothing, resume: doNothing, restart: doNothing, setOptions: doNothing },
  };
}
