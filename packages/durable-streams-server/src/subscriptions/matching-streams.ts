import type { ListedStream, Store } from "../store/store.ts";
import { globMatches } from "./glob.ts";
import type { SubscriptionConfig } from "./subscription-state.ts";

/** How many streams are listed at a time. */
const PAGE = 1000;

/** Whether a subscription is to a stream by its pattern. Its own wake events would wake it for ever. */
export function patternMatches({ pattern, wakeStream }: SubscriptionConfig, path: string): boolean {
  return pattern !== undefined && path !== wakeStream && globMatches(pattern, path);
}

/** The streams in the store that match the pattern of a subscription; none without a pattern. */
export async function* matchingStreams(
  store: Store,
  config: SubscriptionConfig,
): AsyncGenerator<ListedStream> {
  const { pattern } = config;
  if (pattern === undefined) return;
  // The text before the first wildcard narrows the search.
  const prefix = (pattern.split("*", 1)[0] ?? "").replace(/\/$/, "");
  let after: string | undefined;
  for (;;) {
    const listed = await store.list({ prefix, after, limit: PAGE });
    for (const stream of listed) if (patternMatches(config, stream.path)) yield stream;
    after = listed.at(-1)?.path;
    if (listed.length < PAGE) return;
  }
}
