import type { Random } from "./random.ts";

/** One planned fault: after how many bytes of its response's body, and what it breaks. */
export interface PlannedFault {
  readonly afterBytes: number;
  readonly target: "connection" | "web server";
}

/**
 * Spreads `cuts` cuts and one kill of the web server (in the middle) over a response of about
 * `expectedBytes` bytes.
 */
export function planFaults(random: Random, cuts: number, expectedBytes: number): PlannedFault[] {
  const count = cuts + 1;
  const positions = Array.from({ length: count }, () => random() * 0.9 * expectedBytes).sort(
    (a, b) => a - b,
  );
  return positions.map((position, index) => ({
    afterBytes: 1 + Math.floor(position - (positions[index - 1] ?? 0)),
    target: index === Math.floor(count / 2) ? "web server" : "connection",
  }));
}
