import { DurableStream, IdempotentProducer } from "@freshet/durable-streams-client";
import { benchmark } from "./benchmark.ts";
import type { Command, Result } from "./protocol.ts";
import { read } from "./read.ts";
import { isJson } from "./result.ts";
import { Session } from "./session.ts";

/** The features of the protocol, by the runner's names. */
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

const success = (type: string, facts: object = {}): Result => ({ type, success: true, ...facts });

/** Parses a command's value: base64, JSON for a JSON stream, or text. */
function valueOf(item: { data?: string; binary?: boolean }, stream: DurableStream): unknown {
  const { data = "", binary } = item;
  if (binary) return Uint8Array.from(Buffer.from(data, "base64"));
  return isJson(stream.contentType) ? (JSON.parse(data) as unknown) : data;
}

/** Returns a handle with a known content type, which decides how a value is parsed. */
async function typedHandle(session: Session, command: Command): Promise<DurableStream> {
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
    return success("create", { status: stream.created ? 201 : 200, offset });
  },
  async connect(session, { path, headers = {} }) {
    const stream = await DurableStream.connect({ url: session.url(path), headers });
    session.learn(path, stream.contentType);
    return success("connect", { status: 200, offset: (await stream.head()).offset });
  },
  async append(session, command) {
    const dynamic = session.nextValues();
    const learned = await typedHandle(session, command);
    const value = valueOf(command, learned);
    const stream = await session.handle(command, dynamic);
    const seq = command.seq === undefined ? {} : { seq: String(command.seq) };
    const { nextOffset } = await stream.append(value, seq);
    return success("append", { status: 200, offset: nextOffset, ...dynamic.sent });
  },
  async "idempotent-append"(session, command) {
    const value = valueOf(command, await typedHandle(session, command));
    const producer = await session.producer(command);
    producer.append(value);
    await producer.flush();
    return success("idempotent-append", { status: 200 });
  },
  async "idempotent-append-batch"(session, command) {
    const stream = await typedHandle(session, command);
    const producer = await session.newProducer(command, true);
    for (const item of command.items ?? []) {
      producer.append(valueOf(typeof item === "string" ? { data: item } : item, stream));
    }
    await producer.flush();
    return success("idempotent-append-batch", { status: 200 });
  },
  async "idempotent-close"(session, command) {
    const stream = await typedHandle(session, command);
    const value = command.data === undefined ? undefined : valueOf(command, stream);
    const { finalOffset } = await (await session.producer(command)).close(value);
    return success("idempotent-close", { status: 200, finalOffset });
  },
  async "idempotent-detach"(session, command) {
    await (await session.producer(command)).detach();
    return success("idempotent-detach", { status: 200 });
  },
  read,
  async head(session, command) {
    const { path, headers = {} } = command;
    const stream = new DurableStream({ url: session.url(path), headers });
    const head = await stream.head();
    session.learn(path, head.contentType);
    const { offset, contentType, ttlSeconds, expiresAt, closed } = head;
    const facts = { status: 200, offset, contentType, ttlSeconds, expiresAt };
    return success("head", { ...facts, streamClosed: closed });
  },
  async close(session, command) {
    const stream = await session.handle(command);
    const value = command.data ? valueOf(command, await typedHandle(session, command)) : undefined;
    const { finalOffset } = await stream.close(value);
    return success("close", { status: 200, finalOffset });
  },
  async delete(session, command) {
    await (await session.handle(command)).delete();
    session.learn(command.path, undefined);
    return success("delete", { status: 200 });
  },
  "set-dynamic-header": (session, command) => {
    session.setDynamic("header", command);
    return Promise.resolve(success("set-dynamic-header"));
  },
  "set-dynamic-param": (session, command) => {
    session.setDynamic("param", command);
    return Promise.resolve(success("set-dynamic-param"));
  },
  "clear-dynamic": (session) => {
    session.clearDynamic();
    return Promise.resolve(success("clear-dynamic"));
  },
  benchmark,
  validate: (session, { target }) => {
    const { target: kind, producerId = "p", ...options } = target ?? { target: "nothing" };
    const url = session.url("/validate");
    if (kind === "retry-options") new DurableStream({ url, retry: options });
    else if (kind === "idempotent-producer") {
      new IdempotentProducer(new DurableStream({ url }), producerId, options);
    } else throw new Error(`validate: unknown target ${kind}.`);
    return Promise.resolve(success("validate"));
  },
};

/** Runs commands, each with exactly one result. */
export class Commands {
  #session = new Session("");

  async run(command: Command): Promise<Result> {
    if (command.type === "init") {
      this.#session = new Session(command.serverUrl ?? "");
      const client = { clientName: "@freshet/durable-streams-client", clientVersion: "0.0.0" };
      return success("init", { ...client, features });
    }
    if (command.type === "shutdown") return success("shutdown");
    const handler = Object.hasOwn(handlers, command.type) ? handlers[command.type] : undefined;
    if (!handler) {
      const message = `Unknown command ${command.type}.`;
      const failed = { type: "error", success: false, commandType: command.type };
      return { ...failed, errorCode: "NOT_SUPPORTED", message };
    }
    return handler(this.#session, command);
  }
}
