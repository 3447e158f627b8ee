import type { Boundary, Command } from "../streams/commands.ts";

/**
 * Collects the places of a conversation at which the durable streams server can fork. A reader that caught
 * up with many events in one response has counted positions, which only this web server can resolve.
 */
export function boundariesOf(commands: readonly Command[], id: string): Boundary[] {
  const boundaries: Boundary[] = [];
  for (const command of commands) {
    if (command.agentId !== id) continue;
    if (command.kind === "fork") boundaries.push(...command.boundaries);
    else if (command.kind === "turn-end") boundaries.push(command.end);
    else if (command.kind === "turn" && command.start) boundaries.push(command.start);
  }
  return boundaries;
}

/** Returns the last boundary that is not after `index`. */
export function nearest(boundaries: readonly Boundary[], index: number): Boundary | undefined {
  return boundaries
    .filter((boundary) => boundary.index <= index)
    .reduce<Boundary | undefined>(
      (best, one) => (best && best.index >= one.index ? best : one),
      undefined,
    );
}
