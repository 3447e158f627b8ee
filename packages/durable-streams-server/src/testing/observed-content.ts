import type { RecordedRequest } from "./stream-history.ts";

/** A stream that is made by a stress run begins with this: no other one at the path does. */
export function creationMark(name: string): string {
  return `[${name}]`;
}

/**
 * The longest content that was read of each stream. Whatever a stream has at any time is the beginning
 * of it, or goes on from it: a search for an order leaves early where that is not so.
 */
export class ObservedContent {
  readonly #longest = new Map<string, string>();

  constructor(history: readonly RecordedRequest[]) {
    for (const { input, response } of history) {
      const content = response?.output.content;
      if (input.kind !== "read" || input.offset !== undefined || content === undefined) continue;
      const key = keyOf(input.path, content);
      const known = key === undefined ? undefined : this.#longest.get(key);
      if (key !== undefined && content.length > (known?.length ?? 0))
        this.#longest.set(key, content);
    }
  }

  allows(path: string, content: string): boolean {
    const key = keyOf(path, content);
    const longest = key === undefined ? undefined : this.#longest.get(key);
    return longest === undefined || longest.startsWith(content) || content.startsWith(longest);
  }
}

/** A fork has the marks of its sources too: its own is the last. */
function keyOf(path: string, content: string): string | undefined {
  const start = content.lastIndexOf("[");
  return start < 0 ? undefined : `${path} ${content.slice(start, content.indexOf("]", start))}`;
}
