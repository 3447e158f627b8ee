import type { Operation } from "./sequential-model.ts";
import type { StreamRequest, StreamResponse } from "./stream-request.ts";

/** One request of a run, and what became of it. */
export interface RecordedRequest extends Operation<StreamRequest, StreamResponse> {
  readonly client: string;
  /** Which server, or which instance of a store, had it. */
  readonly server: string;
}

/** How a request ended: with a response, with nobody knowing, or before it was sent. */
export type Sent = { readonly server: string } & (
  { readonly response: StreamResponse } | { readonly response: "unknown" | "not sent" }
);

/** Sends a request to one of the servers. */
export type Send = (request: StreamRequest) => Promise<Sent>;

/** The requests of a run in order. Moments are counted, so that no two events share one. */
export class StreamHistory {
  readonly requests: RecordedRequest[] = [];
  #moment = 0;

  /** @returns the response; `undefined` where it is not known whether the request took effect */
  async record(
    client: string,
    send: Send,
    input: StreamRequest,
  ): Promise<StreamResponse | "not sent" | undefined> {
    const invokedAt = ++this.#moment;
    const { server, response } = await send(input);
    const at = ++this.#moment;
    if (response === "not sent") return response;
    const output = response === "unknown" ? undefined : response;
    // A read that nobody saw says nothing.
    if (!output && (input.kind === "read" || input.kind === "head")) return undefined;
    const known = output && { response: { output, at } };
    this.requests.push({ client, server, input, invokedAt, ...known });
    return output;
  }

  /** The requests of each stream, those of its forks among them. */
  byFamily(): readonly (readonly RecordedRequest[])[] {
    const parents = new Map<string, string>();
    const rootOf = (path: string): string => {
      const parent = parents.get(path);
      return parent === undefined ? path : rootOf(parent);
    };
    for (const { input } of this.requests) {
      if (input.kind !== "create" || !input.fork) continue;
      const [source, fork] = [rootOf(input.fork.path), rootOf(input.path)];
      if (source !== fork) parents.set(fork, source);
    }
    const families = new Map<string, RecordedRequest[]>();
    for (const request of this.requests) {
      const root = rootOf(request.input.path);
      const family = families.get(root);
      if (family) family.push(request);
      else families.set(root, [request]);
    }
    return [...families.values()];
  }
}
