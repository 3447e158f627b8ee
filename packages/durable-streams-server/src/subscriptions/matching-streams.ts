import type { ListedStream, Store } from "../store/store.ts";
import { globMatches } from "./glob.ts";
import type { SubscriptionConfig } from "./subscription-state.ts";

/** So many streams are asked of the store at once. */
const PAGE = 1000;

/** The streams of the store that a subscription's pattern matches now; none without a pattern. */
export async function* matchingStreams(
  store: Store,
  { pattern }: SubscriptionConfig,
): AsyncGenerator<ListedStream> {
  if (pattern === undefined) return;
  // What comes before the first wildcard narrows the search.
  const prefix = (pattern.split("*", 1)[0] ?? "").replace(/\/$/, "");
  let after: string | undefined;
  for (;;) {
    const listed = await store.list({ prefix, after, limit: PAGE });
    for (const stream of listed) if (globMatches(pattern, stream.path)) yield stream;
    after = listed.at(-1)?.path;
    if (listed.length < PAGE) return;
  }
}
