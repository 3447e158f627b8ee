import { literalSegments } from "./glob.ts";
import { patternMatches } from "./matching-streams.ts";
import type { SubscriptionConfig, SubscriptionState } from "./subscription-state.ts";

/** The patterns that begin with the same literal segments. */
interface PrefixNode {
  readonly configs: Map<string, SubscriptionConfig>;
  readonly children: Map<string, PrefixNode>;
}

/**
 * Finds the subscriptions to a stream without visiting the others: by path those that link it, by the
 * literal start of their patterns those that may match it.
 */
export class SubscriptionIndex {
  readonly #indexed = new Map<string, SubscriptionState>();
  readonly #linked = new Map<string, Set<string>>();
  readonly #root: PrefixNode = newNode();

  /** Inserts or replaces. */
  put(state: SubscriptionState): void {
    const { id, links, config } = state;
    const before = this.#indexed.get(id);
    this.#indexed.set(id, state);
    for (const path in before?.links) if (!links[path]) this.#unlink(path, id);
    for (const path in links) if (!before?.links[path]) this.#link(path, id);
    const isSame = before?.config.pattern === config.pattern;
    if (isSame && before?.config.wakeStream === config.wakeStream) return;
    if (before) this.#removePattern(before);
    this.#addPattern(state);
  }

  remove(id: string): void {
    const before = this.#indexed.get(id);
    if (!before) return;
    this.#indexed.delete(id);
    for (const path in before.links) this.#unlink(path, id);
    this.#removePattern(before);
  }

  /** The ids of the subscriptions that link a stream. */
  linkedTo(path: string): ReadonlySet<string> {
    return this.#linked.get(path) ?? none;
  }

  /** The ids of the subscriptions that link a stream, or whose patterns match it. */
  subscribersOf(path: string): ReadonlySet<string> {
    if (this.#indexed.size === 0) return none;
    const linked = this.linkedTo(path);
    const matching: string[] = [];
    let node: PrefixNode | undefined = this.#root;
    for (const segment of [...path.split("/"), undefined]) {
      for (const [id, config] of node.configs) if (patternMatches(config, path)) matching.push(id);
      node = segment === undefined ? undefined : node.children.get(segment);
      if (!node) break;
    }
    return matching.length === 0 ? linked : new Set([...linked, ...matching]);
  }

  #link(path: string, id: string): void {
    const ids = this.#linked.get(path);
    if (ids) ids.add(id);
    else this.#linked.set(path, new Set([id]));
  }

  #unlink(path: string, id: string): void {
    const ids = this.#linked.get(path);
    ids?.delete(id);
    if (ids?.size === 0) this.#linked.delete(path);
  }

  #addPattern({ id, config }: SubscriptionState): void {
    if (config.pattern === undefined) return;
    let node = this.#root;
    for (const segment of literalSegments(config.pattern)) {
      let child = node.children.get(segment);
      if (!child) node.children.set(segment, (child = newNode()));
      node = child;
    }
    node.configs.set(id, config);
  }

  #removePattern({ id, config: { pattern } }: SubscriptionState): void {
    if (pattern === undefined) return;
    const way: { parent: PrefixNode; segment: string; child: PrefixNode }[] = [];
    let node = this.#root;
    for (const segment of literalSegments(pattern)) {
      const child = node.children.get(segment);
      if (!child) return;
      way.push({ parent: node, segment, child });
      node = child;
    }
    node.configs.delete(id);
    for (const { parent, segment, child } of way.reverse()) {
      if (child.configs.size > 0 || child.children.size > 0) return;
      parent.children.delete(segment);
    }
  }
}

const none: ReadonlySet<string> = new Set();

function newNode(): PrefixNode {
  return { configs: new Map(), children: new Map() };
}
