import { GroupCommit, type CommitBatch } from "../store/group-commit.ts";
import type { Mutation } from "../store/mutation.ts";
import { isBulk } from "./commit/bulk.ts";

/** How many batches of small mutations are under way at the same time. */
const LANES = 2;

/** A stream whose mutations are under way. */
interface ActiveStream {
  lane: GroupCommit;
  underWay: number;
  /** The last mutation so far. */
  last: Promise<unknown>;
  /** Resolves when the stream may begin to use its lane: the mutations in another one are done. */
  mayBegin: Promise<void> | undefined;
}

/**
 * Group commits side by side. The mutations of a stream take the same lane, so they stay in order; while
 * one of them is large, that is the lane for large ones.
 */
export class Lanes {
  readonly #lanes: readonly GroupCommit[];
  readonly #bulk: GroupCommit;
  readonly #active = new Map<string, ActiveStream>();

  constructor(commit: CommitBatch) {
    this.#lanes = Array.from({ length: LANES }, () => new GroupCommit(commit));
    this.#bulk = new GroupCommit(commit);
  }

  run<Outcome>(mutation: Mutation<Outcome>): Promise<Outcome> {
    const { path } = mutation;
    const active = this.#activate(path, isBulk(mutation));
    const { lane, mayBegin } = active;
    const outcome = mayBegin ? mayBegin.then(() => lane.run(mutation)) : lane.run(mutation);
    active.underWay++;
    const done = () => {
      if (--active.underWay === 0) this.#active.delete(path);
    };
    active.last = outcome.then(done, done);
    return outcome;
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()));
    for (const { mayBegin } of [...this.#active.values()]) await mayBegin;
    await this.#bulk.close();
  }

  #activate(path: string, isLarge: boolean): ActiveStream {
    let active = this.#active.get(path);
    if (!active) {
      const lane = isLarge ? this.#bulk : this.#laneOf(path);
      active = { lane, underWay: 0, last: Promise.resolve(), mayBegin: undefined };
      this.#active.set(path, active);
    } else if (isLarge && active.lane !== this.#bulk) {
      active.lane = this.#bulk;
      active.mayBegin = active.last.then(() => undefined);
    }
    return active;
  }

  #laneOf(path: string): GroupCommit {
    const lane = this.#lanes[hash(path) % LANES];
    if (!lane) throw new RangeError("There is no such lane.");
    return lane;
  }
}

function hash(path: string): number {
  let value = 0;
  for (let i = 0; i < path.length; i++) value = (Math.imul(value, 31) + path.charCodeAt(i)) | 0;
  return value >>> 0;
}
