import type { ListedStream, Store } from "../store/store.ts";
import { globMatches } from "./glob.ts";
import type { SubscriptionConfig } from "./subscription-state.ts";

/** How many streams are listed at a time. */
const PAGE = 1000;

/** The streams in the store that match the pattern of a subscription; none without a pattern. */
export async function* matchingStreams(
  store: Store,
  { pattern }: SubscriptionConfig,
): AsyncGenerator<ListedStream> {
  if (pattern === undefined) return;
  // The text before the first wildcard narrows the search.
  const prefix = (pattern.split("*", 1)[0] ?? "").replace(/\/$/, "");
  let after: string | undefined;
  for (;;) {
    const listed = await store.list({ prefix, after, limit: PAGE });
    for (const stream of listed) if (globMatches(pattern, stream.path)) yield stream;
    after = listed.at(-1)?.path;
    if (listed.length < PAGE) return;
  }
}
