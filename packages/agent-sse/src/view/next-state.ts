import type { StateEvent } from "@freshet/core";
import { applyPatch } from "rfc6902";

/** The state after an event. A patch that does not fit changes nothing: the state before is all that is known. */
export function nextState(before: unknown, event: StateEvent): unknown {
  if (event.patch === undefined) return event.snapshot;
  const root = { state: structuredClone(before) };
  const patch = event.patch.map((operation) => ({
    ...operation,
    path: `/state${operation.path}`,
    ...(operation.from === undefined ? undefined : { from: `/state${operation.from}` }),
  }));
  const failures = applyPatch(root, patch as Parameters<typeof applyPatch>[1]);
  return failures.some((failure) => failure !== null) ? before : root.state;
}
