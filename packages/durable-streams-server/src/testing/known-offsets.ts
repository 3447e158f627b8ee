import type { Offset } from "./stream-request.ts";

interface KnownOffset {
  readonly offset: Offset;
  readonly position: number;
}

/** Which position each offset stands for, as far as responses have shown it. A value. */
export class KnownOffsets {
  static readonly none: KnownOffsets = new KnownOffsets([], -1);
  /** For a history with requests left out: what they moved, others still have offsets around. */
  static readonly noneOfExcerpt: KnownOffsets = new KnownOffsets([], Infinity);
  /** In the order of offsets, which is that of positions. */
  readonly #known: readonly KnownOffset[];
  /** Positions up to this one are a source's too, and may have an offset of each. */
  readonly #shared: number;

  private constructor(known: readonly KnownOffset[], shared: number) {
    this.#known = known;
    this.#shared = shared;
  }

  positionOf(offset: Offset): number | undefined {
    const found = this.#known[this.#indexOf(offset)];
    return found?.offset === offset ? found.position : undefined;
  }

  /**
   * With one more; `undefined` if the offset stands for another position, or the position has another
   * offset, or they are not in the same order.
   */
  with(offset: Offset, position: number): KnownOffsets | undefined {
    const index = this.#indexOf(offset);
    const next = this.#known[index];
    if (next?.offset === offset) return next.position === position ? this : undefined;
    const previous = this.#known[index - 1];
    const gap = position <= this.#shared ? 0 : 1;
    const isInOrder =
      (!previous || position - previous.position >= gap) &&
      (!next || next.position - position >= gap);
    if (!isInOrder) return undefined;
    return new KnownOffsets(this.#known.toSpliced(index, 0, { offset, position }), this.#shared);
  }

  /** Those of a fork at a position. */
  ofFork(position: number): KnownOffsets {
    const inherited = this.#known.filter((known) => known.position <= position);
    return new KnownOffsets(inherited, Math.max(position, this.#shared));
  }

  isSame(other: KnownOffsets): boolean {
    return (
      this === other ||
      (this.#known.length === other.#known.length &&
        this.#known.every(
          ({ offset, position }, index) =>
            other.#known[index]?.offset === offset && other.#known[index].position === position,
        ))
    );
  }

  /** Where an offset is or would be. */
  #indexOf(offset: Offset): number {
    let low = 0;
    let high = this.#known.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const known = this.#known[middle];
      if (known && known.offset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
