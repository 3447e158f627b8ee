import { GroupCommit, type CommitBatch } from "../store/group-commit.ts";
import type { Mutation } from "../store/mutation.ts";

/** How many batches are under way at the same time. */
const LANES = 2;

/** Group commits side by side. All mutations of a stream take the same lane, so they stay in order. */
export class Lanes {
  readonly #lanes: readonly GroupCommit[];

  constructor(commit: CommitBatch) {
    this.#lanes = Array.from({ length: LANES }, () => new GroupCommit(commit));
  }

  run<Outcome>(mutation: Mutation<Outcome>): Promise<Outcome> {
    const lane = this.#lanes[hash(mutation.path) % LANES];
    if (!lane) throw new RangeError("There is no such lane.");
    return lane.run(mutation);
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }
}

function hash(path: string): number {
  let value = 0;
  for (let i = 0; i < path.length; i++) value = (Math.imul(value, 31) + path.charCodeAt(i)) | 0;
  return value >>> 0;
}
