/**
 * An agent's answer in a React component, as it is being given.
 *
 * @module
 */
import type { AgentEvent } from "@freshet/core";
import { useEffect, useState, useSyncExternalStore } from "react";
import {
  AgentStreamView,
  type AgentStreamSnapshot,
  type AgentStreamViewOptions,
} from "./agent-stream-view.ts";
import { emptyTranscript } from "./reduce-agent-events.ts";

export { AgentStreamView } from "./agent-stream-view.ts";
export type {
  AgentStreamSnapshot,
  AgentStreamStatus,
  AgentStreamViewOptions,
} from "./agent-stream-view.ts";

/** What {@link useAgentStream} returns. */
export interface AgentStreamState extends AgentStreamSnapshot {
  /** Ends the stream for good; what was read stays. */
  stop: () => void;
}

/**
 * Follows an agent stream while the component is mounted. The component is rendered at most once a frame,
 * and with what has been read by then. On the server it renders what `transcript` says, and connects to
 * nothing.
 *
 * @param source - the URL of the events; or an {@link AgentStreamView} made elsewhere, which goes on where
 * it was when the component is mounted again; or `null` for nothing yet
 * @param options - used by a URL; the functions among them may change with every render
 *
 * @example
 * ```tsx
 * import { useAgentStream } from "@freshet/agent-sse/react";
 *
 * export function Answer({ id }: { id: string }) {
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
export function useAgentStream<E extends { type: string } = AgentEvent>(
  source: string | URL | AgentStreamView<E> | null | undefined,
  options: AgentStreamViewOptions<E> = {},
): AgentStreamState {
  const key = source instanceof URL ? source.href : source;
  const [held, setHeld] = useState(() => hold(key, options));
  let current = held;
  if (held.key !== key) {
    // Another source: its view replaces the old one in this very render.
    current = hold(key, options);
    setHeld(current);
  }
  const { view, isOwn } = current;
  useEffect(() => {
    if (isOwn) view?.setOptions(options);
  });
  const subscribe = view?.subscribe ?? subscribeToNothing;
  const getSnapshot = view?.getSnapshot ?? getNothing;
  const snapshot = useSyncExternalStore(subscribe, getSnapshot, getSnapshot);
  return { ...snapshot, stop: view?.stop ?? doNothing };
}

type Key<E extends { type: string }> = string | AgentStreamView<E> | null | undefined;

function hold<E extends { type: string }>(key: Key<E>, options: AgentStreamViewOptions<E>) {
  const isOwn = typeof key === "string";
  return { key, isOwn, view: isOwn ? new AgentStreamView<E>(key, options) : key };
}

const nothing: AgentStreamSnapshot = {
  ...emptyTranscript,
  status: "idle",
  streamError: undefined,
  lastEventId: undefined,
};
const getNothing = () => nothing;
const doNothing = () => undefined;
const subscribeToNothing = () => doNothing;
