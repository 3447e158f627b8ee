/** https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (sections 6 and 7) */
import type { ExchangeRequest, ExchangeResponse } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import type { ControlAccess } from "./control-access.ts";
import {
  parseBody,
  parseConfig,
  parseReport,
  streamPathOf,
  streamPaths,
} from "./request-fields.ts";
import type { SubscriptionManager } from "./manager.ts";
import { errorStatus, SubscriptionError } from "./subscription-error.ts";
import type { SubscriptionState } from "./subscription-state.ts";
import { ackedOffset, linkType } from "./wakes.ts";

const MAX_BODY_BYTES = 1024 * 1024;
/** How many subscriptions a page of their list has. */
const DEFAULT_LIST_LIMIT = 100;
const MAX_LIST_LIMIT = 1000;

/**
 * Handles a request below `__ds/`.
 *
 * @param rest - the path below it
 */
export async function handleControlRequest(
  manager: SubscriptionManager,
  request: ExchangeRequest,
  rest: string,
  access: ControlAccess,
): Promise<ExchangeResponse> {
  try {
    if (rest === "jwks.json") return await jwks(manager, request);
    const [kind, id = "", ...action] = rest.split("/");
    if (kind !== "subscriptions") throw notFound();
    const control = new ControlRequest(manager, request, decode(id), access);
    return await (id === "" && action.length === 0 ? control.list() : control.handle(action));
  } catch (error) {
    if (!(error instanceof SubscriptionError)) throw error;
    const { code, message, details } = error;
    const response = json(errorStatus[code], { error: { code, message, ...details } });
    const { allow } = details;
    return typeof allow === "string"
      ? { ...response, headers: { ...response.headers, allow } }
      : response;
  }
}

function notFound(): HttpError {
  return new HttpError(404, "There is no such resource of subscriptions.");
}

function decode(text: string): string {
  let value: string;
  try {
    value = decodeURIComponent(text);
  } catch {
    throw new SubscriptionError("INVALID_REQUEST", "The URL has invalid percent-encoding.");
  }
  // Ids and paths are keys in the store, and text in PostgreSQL cannot contain a NUL.
  if (!value.includes("\0")) return value;
  throw new SubscriptionError("INVALID_REQUEST", "The URL contains an encoded NUL.");
}

function json(status: number, body: object): ExchangeResponse {
  return {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
    body: JSON.stringify(body),
  };
}

const noContent = (): ExchangeResponse => ({
  status: 204,
  headers: { "cache-control": "no-store" },
});

async function jwks(
  manager: SubscriptionManager,
  request: ExchangeRequest,
): Promise<ExchangeResponse> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    throw new HttpError(405, "Use GET.", { allow: "GET, HEAD" });
  }
  const { publicJwks } = await manager.keys();
  return {
    status: 200,
    headers: {
      "content-type": "application/jwk-set+json",
      "cache-control": "public, max-age=300",
    },
    body: JSON.stringify({ keys: publicJwks }),
  };
}

/** One request about one subscription. */
class ControlRequest {
  readonly #manager: SubscriptionManager;
  readonly #request: ExchangeRequest;
  readonly #id: string;
  readonly #access: ControlAccess;

  constructor(
    manager: SubscriptionManager,
    request: ExchangeRequest,
    id: string,
    access: ControlAccess,
  ) {
    this.#manager = manager;
    this.#request = request;
    this.#id = id;
    this.#access = access;
  }

  /** A page of the subscriptions that the request may see, in the order of their ids. */
  async list(): Promise<ExchangeResponse> {
    this.#expectMethod("GET");
    await this.#access.expect({ operation: "subscribe", path: "" });
    const { searchParams } = this.#request.url;
    const after = searchParams.get("after") ?? "";
    const limit = Number(searchParams.get("limit") ?? DEFAULT_LIST_LIMIT);
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIST_LIMIT || after.includes("\0")) {
      throw new SubscriptionError(
        "INVALID_REQUEST",
        `limit must be an integer from 1 to ${MAX_LIST_LIMIT}, and after the id before the page.`,
      );
    }
    const { states, next } = await this.#manager.states.list(after, limit);
    const subscriptions: object[] = [];
    for (const state of states) {
      if (!(await this.#access.allows({ operation: "subscribe", path: state.id }))) continue;
      const { streams, ...summary } = await this.#serialized(state);
      subscriptions.push({ ...summary, stream_count: streams.length });
    }
    return json(200, { subscriptions, next });
  }

  async handle([action, ...rest]: string[]): Promise<ExchangeResponse> {
    // These are authorised by the token that the server issued for the wake.
    if (rest.length === 0) {
      if (action === "callback") return this.#report("webhook");
      if (action === "ack") return this.#report("pull-wake");
      if (action === "release") return this.#release();
    }
    if (this.#id === "") throw notFound();
    await this.#access.expect({ operation: "subscribe", path: this.#id });
    if (action === undefined) return this.#base();
    if (action === "claim" && rest.length === 0) return this.#claim();
    if (action === "streams") return this.#streams(rest);
    throw notFound();
  }

  #fields(): Promise<Readonly<Record<string, unknown>>> {
    return this.#request.body(MAX_BODY_BYTES).then(parseBody);
  }

  #expectMethod(...methods: string[]): void {
    if (methods.includes(this.#request.method)) return;
    const allow = methods.join(", ");
    throw new SubscriptionError("METHOD_NOT_ALLOWED", `Use ${methods.join(" or ")}.`, { allow });
  }

  async #base(): Promise<ExchangeResponse> {
    this.#expectMethod("PUT", "GET", "DELETE");
    const { method, url } = this.#request;
    if (method === "DELETE") {
      await this.#manager.states.remove(this.#id);
      return noContent();
    }
    if (method === "GET") {
      return json(200, await this.#serialized(await this.#manager.states.get(this.#id)));
    }
    const config = parseConfig(await this.#fields());
    const { state, isNew } = await this.#manager.create(this.#id, config, {
      origin: url.origin,
      access: this.#access,
    });
    return json(isNew ? 201 : 200, await this.#serialized(state));
  }

  async #serialized(
    state: SubscriptionState,
  ): Promise<{ streams: readonly object[] } & Record<string, unknown>> {
    const { config } = state;
    const kid = (await this.#manager.keys()).activeKid();
    const signing = { alg: "ed25519", kid, jwks_url: `${state.baseUrl}/__ds/jwks.json` };
    return {
      id: state.id,
      subscription_id: state.id,
      type: config.type,
      pattern: config.pattern ?? null,
      streams: Object.entries(state.links).map(([path, entry]) => ({
        path,
        link_type: linkType(entry),
        acked_offset: ackedOffset(entry),
      })),
      webhook: config.webhookUrl === undefined ? null : { url: config.webhookUrl, signing },
      wake_stream: config.wakeStream ?? null,
      lease_ttl_ms: config.leaseTtlMs,
      created_at: state.createdAt,
      status: state.status,
      description: config.description ?? null,
      ...(config.from && { from: config.from }),
      ...(config.ignoreProducer !== undefined && { ignore_producer: config.ignoreProducer }),
    };
  }

  async #streams(path: readonly string[]): Promise<ExchangeResponse> {
    if (path.length === 0) {
      this.#expectMethod("POST");
      const fields = await this.#fields();
      await this.#manager.addStreams(this.#id, streamPaths(fields["streams"]), this.#access);
    } else {
      this.#expectMethod("DELETE");
      await this.#manager.removeStream(this.#id, streamPathOf(decode(path.join("/"))));
    }
    return noContent();
  }

  async #claim(): Promise<ExchangeResponse> {
    this.#expectMethod("POST");
    const { worker } = (await this.#fields()) as { worker?: unknown };
    if (typeof worker !== "string" || worker === "") {
      throw new SubscriptionError(
        "INVALID_REQUEST",
        "worker is missing: send the name of the worker.",
      );
    }
    const claim = await this.#manager.claim(this.#id, worker);
    return json(200, {
      wake_id: claim.wakeId,
      generation: claim.generation,
      token: claim.token,
      streams: claim.streams,
      lease_ttl_ms: claim.leaseTtlMs,
    });
  }

  async #report(type: "webhook" | "pull-wake"): Promise<ExchangeResponse> {
    this.#expectMethod("POST");
    const generation = await this.#verifiedGeneration();
    const report = parseReport(await this.#fields());
    const nextWake = await this.#manager.report(this.#id, generation, report, { type });
    return json(200, { ok: true, next_wake: nextWake });
  }

  async #release(): Promise<ExchangeResponse> {
    this.#expectMethod("POST");
    const generation = await this.#verifiedGeneration();
    await this.#manager.release(this.#id, generation, parseReport(await this.#fields()));
    return noContent();
  }

  /** Before anything else of the request is looked at. */
  async #verifiedGeneration(): Promise<number> {
    const [, token] = /^Bearer +(\S+)$/i.exec(this.#request.header("authorization") ?? "") ?? [];
    if (token !== undefined) return this.#manager.verifyToken(this.#id, token);
    throw new SubscriptionError(
      "TOKEN_INVALID",
      "Authorization must be Bearer and the token of the wake.",
    );
  }
}
