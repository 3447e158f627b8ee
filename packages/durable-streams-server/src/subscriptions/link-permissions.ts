import type { StateStore } from "./state-store.ts";
import { MAX_LINKS, type SubscriptionState } from "./subscription-state.ts";
import type { SubscriptionsOptions } from "./subscriptions-options.ts";

/** How long a refusal holds, in milliseconds, before the hook is called again. */
const REFUSAL_MS = 60_000;
/** How many refusals are kept. */
const MAX_REFUSALS = 100_000;

/** Decides which of the streams that a pattern meets, after the subscription was made, it links. */
export class LinkPermissions {
  readonly #states: StateStore;
  readonly #options: SubscriptionsOptions;
  readonly #refused = new Set<string>();
  #forgetAt = 0;

  constructor(states: StateStore, options: SubscriptionsOptions) {
    this.#states = states;
    this.#options = options;
  }

  /** Those of `paths` that the subscription may link. The others are logged. */
  async permitted(state: SubscriptionState, paths: readonly string[]): Promise<string[]> {
    const room = MAX_LINKS - Object.keys(state.links).length;
    const permitted: string[] = [];
    this.#forgetRefusals(Date.now());
    for (const path of paths) {
      const key = `${path} ${state.id}`;
      if (this.#refused.has(key)) continue;
      const reason =
        permitted.length < room
          ? await this.#refusal(state, path)
          : `a subscription can have ${MAX_LINKS} streams`;
      if (reason === undefined) permitted.push(path);
      else this.#refuse(key, { subscription: state.id, path, reason });
    }
    return permitted;
  }

  async #refusal(state: SubscriptionState, path: string): Promise<string | undefined> {
    const { mayLink, limits } = this.#options;
    // A link of its own makes no difference: it is counted already.
    const { size } = this.#states.index.linkedTo(path);
    if (!state.links[path] && size >= limits.subscriptionsPerStream) {
      return `the stream has ${size} subscriptions (limits.subscriptionsPerStream)`;
    }
    try {
      if ((await mayLink?.(state, path)) === false) return "authorize refused to let it read";
      return undefined;
    } catch (error) {
      this.#options.logger?.error({ err: error, path }, "authorize failed");
      return "authorize failed";
    }
  }

  #refuse(key: string, details: object): void {
    this.#refused.add(key);
    this.#options.logger?.warn(details, "A stream was not linked to a subscription to its pattern");
  }

  #forgetRefusals(now: number): void {
    if (now < this.#forgetAt && this.#refused.size < MAX_REFUSALS) return;
    this.#refused.clear();
    this.#forgetAt = now + REFUSAL_MS;
  }
}
