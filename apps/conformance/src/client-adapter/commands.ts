import { DurableStream, IdempotentProducer } from "@freshet/durable-streams-client";
import { benchmark } from "./benchmark.ts";
import type { Command, Result } from "./protocol.ts";
import { read } from "./read.ts";
import { isJson } from "./result.ts";
import { Session } from "./session.ts";

/** Every feature of the protocol, as the runner calls them. */
const features = {
  batching: true,
  sse: true,
  longPoll: true,
  auto: true,
  streaming: true,
  dynamicHeaders: true,
  retryOptions: true,
  batchItems: true,
  strictZeroValidation: true,
};

type Handler = (session: Session, command: Command) => Promise<Result>;

const good = (type: string, facts: object = {}): Result => ({ type, success: true, ...facts });

/** A value as the command spells it: base64, JSON for a JSON stream, or text. */
function valueOf(item: { data?: string; binary?: boolean }, stream: DurableStream): unknown {
  const { data = "", binary } = item;
  if (binary) return Uint8Array.from(Buffer.from(data, "base64"));
  return isJson(stream.contentType) ? (JSON.parse(data) as unknown) : data;
}

/** A handle that knows its content type, which says how a value is spelt. */
async function knowingHandle(session: Session, command: Command): Promise<DurableStream> {
  const known = await session.handle(command);
  if (known.contentType !== undefined) return known;
  session.learn(command.path, (await known.head()).contentType);
  return session.handle(command);
}

const handlers: Record<string, Handler | undefined> = {
  async create(session, command) {
    const { path, contentType = "application/octet-stream", ttlSeconds, expiresAt } = command;
    const { headers = {}, closed } = command;
    const { data } = command;
    const value = data && isJson(contentType) ? (JSON.parse(data) as unknown) : data;
    const body = value === "" ? undefined : value;
    const stream = await DurableStream.create({
      ...{ url: session.url(path), contentType, ttlSeconds, expiresAt, headers, closed, body },
    });
    session.learn(path, stream.contentType);
    const { offset } = await stream.head();
    return good("create", { status: stream.created ? 201 : 200, offset });
  },
  async connect(session, { path, headers = {} }) {
    const stream = await DurableStream.connect({ url: session.url(path), headers });
    session.learn(path, stream.contentType);
    return good("connect", { status: 200, offset: (await stream.head()).offset });
  },
  async append(session, command) {
    const dynamic = session.nextValues();
    const learned = await knowingHandle(session, command);
    const value = valueOf(command, learned);
    const stream = await session.handle(command, dynamic);
    const seq = command.seq === undefined ? {} : { seq: String(command.seq) };
    const { nextOffset } = await stream.append(value, seq);
    return good("append", { status: 200, offset: nextOffset, ...dynamic.sent });
  },
  async "idempotent-append"(session, command) {
    const value = valueOf(command, await knowingHandle(session, command));
    const producer = await session.producer(command);
    producer.append(value);
    await producer.flush();
    return good("idempotent-append", { status: 200 });
  },
  async "idempotent-append-batch"(session, command) {
    const stream = await knowingHandle(session, command);
    const producer = await session.producer(command);
    for (const item of command.items ?? []) {
      producer.append(valueOf(typeof item === "string" ? { data: item } : item, stream));
    }
    await producer.flush();
    return good("idempotent-append-batch", { status: 200 });
  },
  async "idempotent-close"(session, command) {
    const stream = await knowingHandle(session, command);
    const value = command.data === undefined ? undefined : valueOf(command, stream);
    const { finalOffset } = await (await session.producer(command)).close(value);
    return good("idempotent-close", { status: 200, finalOffset });
  },
  async "idempotent-detach"(session, command) {
    await (await session.producer(command)).detach();
    return good("idempotent-detach", { status: 200 });
  },
  read,
  async head(session, command) {
    const { path, headers = {} } = command;
    const stream = new DurableStream({ url: session.url(path), headers });
    const head = await stream.head();
    session.learn(path, head.contentType);
    const { offset, contentType, ttlSeconds, expiresAt, closed } = head;
    const facts = { status: 200, offset, contentType, ttlSeconds, expiresAt };
    return good("head", { ...facts, streamClosed: closed });
  },
  async close(session, command) {
    const stream = await session.handle(command);
    const value = command.data
      ? valueOf(command, await knowingHandle(session, command))
      : undefined;
    const { finalOffset } = await stream.close(value);
    return good("close", { status: 200, finalOffset });
  },
  async delete(session, command) {
    await (await session.handle(command)).delete();
    session.learn(command.path, undefined);
    return good("delete", { status: 200 });
  },
  "set-dynamic-header": (session, command) => {
    session.setDynamic("header", command);
    return Promise.resolve(good("set-dynamic-header"));
  },
  "set-dynamic-param": (session, command) => {
    session.setDynamic("param", command);
    return Promise.resolve(good("set-dynamic-param"));
  },
  "clear-dynamic": (session) => {
    session.clearDynamic();
    return Promise.resolve(good("clear-dynamic"));
  },
  benchmark,
  validate: (session, { target }) => {
    const { target: kind, producerId = "p", ...options } = target ?? { target: "nothing" };
    const url = session.url("/validate");
    if (kind === "retry-options") new DurableStream({ url, retry: options });
    else if (kind === "idempotent-producer") {
      new IdempotentProducer(new DurableStream({ url }), producerId, options);
    } else throw new Error(`validate: ${kind} is not a target.`);
    return Promise.resolve(good("validate"));
  },
};

/** Runs commands; each has exactly one result. */
export class Commands {
  #session = new Session("");

  async run(command: Command): Promise<Result> {
    if (command.type === "init") {
      this.#session = new Session(command.serverUrl ?? "");
      const client = { clientName: "@freshet/durable-streams-client", clientVersion: "0.0.0" };
      return good("init", { ...client, features });
    }
    if (command.type === "shutdown") return good("shutdown");
    const handler = Object.hasOwn(handlers, command.type) ? handlers[command.type] : undefined;
    if (!handler) {
      const message = `${command.type} is not a command.`;
      const failed = { type: "error", success: false, commandType: command.type };
      return { ...failed, errorCode: "NOT_SUPPORTED", message };
    }
    return handler(this.#session, command);
  }
}
