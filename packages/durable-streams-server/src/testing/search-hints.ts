import type { RecordedRequest } from "./stream-history.ts";
import type { StreamState } from "./stream-state.ts";

/** A stream that is made by a stress run begins with this: no other one at the path does. */
export function creationMark(name: string): string {
  return `[${name}]`;
}

interface Longest {
  readonly content: string;
  /** How many reads gave it. */
  readonly reads: number;
}

/**
 * What a whole history shows, by which the search for an order leaves early what leads nowhere. It
 * makes the search shorter, and its verdict no other.
 */
export class SearchHints {
  /** The longest content that was read of each stream. */
  readonly #longest = new Map<string, Longest>();

  constructor(history: readonly RecordedRequest[]) {
    for (const { input, response } of history) {
      const content = response?.output.content;
      if (input.kind !== "read" || input.offset !== undefined || content === undefined) continue;
      const key = keyOf(input.path, content);
      const known = key === undefined ? undefined : this.#longest.get(key);
      if (key === undefined || (known && known.content.length > content.length)) continue;
      const reads = known?.content === content ? known.reads + 1 : 1;
      this.#longest.set(key, { content, reads });
    }
  }

  /** Whether it is one of the last reads of the stream that are known. */
  isLongest(path: string, content: string): boolean {
    return this.#longestOf(path, content)?.content === content;
  }

  /** Whether the step from one state of the stream at a path to another leaves all reads possible. */
  allows(path: string, before: StreamState | undefined, after: StreamState | undefined): boolean {
    const isDeleted = before?.deleted === false && (!after || after.deleted);
    if (isDeleted && !this.#isRead(path, before)) return false;
    if (!after || after.content === before?.content) return true;
    const longest = this.#longestOf(path, after.content)?.content;
    if (longest === undefined || longest.startsWith(after.content)) return true;
    return after.content.startsWith(longest) && this.#isRead(path, after);
  }

  #isRead(path: string, { content, longestReads }: StreamState): boolean {
    return longestReads === (this.#longestOf(path, content)?.reads ?? 0);
  }

  #longestOf(path: string, content: string): Longest | undefined {
    const key = keyOf(path, content);
    return key === undefined ? undefined : this.#longest.get(key);
  }
}

/** A fork has the marks of its sources too: its own is the last. */
function keyOf(path: string, content: string): string | undefined {
  const start = content.lastIndexOf("[");
  return start < 0 ? undefined : `${path} ${content.slice(start, content.indexOf("]", start))}`;
}
