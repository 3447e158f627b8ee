import { randomUUID } from "node:crypto";
import { agentEvent } from "@freshet/agent-sse";
import { DurableStream, InvalidOptionError, stream } from "@freshet/durable-streams-client";
import type { ConversationSummary, StoredEvent } from "../protocol/api.ts";
import type { DemoEvent } from "../protocol/events.ts";
import { type Command, patience, type StreamUrls } from "../streams/stream-urls.ts";
import { boundariesOf, nearest } from "./fork-point.ts";

const contentType = "application/json";

/** An answer runs, so that another question cannot be asked. */
export class BusyError extends Error {}

/** The conversations as they lie in their durable streams. */
export class Conversations {
  readonly #urls: StreamUrls;
  readonly #commands: DurableStream;
  /** How many events a stream had when it was last looked at, and up to where. */
  readonly #counts = new Map<string, { count: number; offset: string }>();

  constructor(urls: StreamUrls) {
    this.#urls = urls;
    this.#commands = new DurableStream({ url: urls.turns, contentType });
  }

  /** Makes a conversation and asks its first question. */
  async begin(prompt: string): Promise<string> {
    const id = randomUUID();
    const agent = await DurableStream.create({ url: this.#urls.agent(id), contentType });
    const { offset = "" } = await agent.head();
    const start = { index: 0, offset };
    await this.#send({ agentId: id, turnId: randomUUID(), prompt, at: Date.now(), start });
    return id;
  }

  /** Asks one more question. Returns the turn's id; throws {@link BusyError}. */
  async ask(id: string, prompt: string): Promise<string> {
    const events = await this.read(id);
    if (isRunning(events))
      throw new BusyError("The answer before is not complete: stop it, or wait.");
    const turnId = randomUUID();
    await this.#send({ agentId: id, turnId, prompt, at: Date.now() });
    return turnId;
  }

  async stop(id: string): Promise<void> {
    await new DurableStream({ url: this.#urls.agent(id), contentType }).head();
    await this.#send({ kind: "stop", agentId: id });
  }

  /**
   * Makes a conversation that begins with this one's events up to `position`: a fork at the last place
   * before it that the server knows by an offset (the end of a turn, or what a live reader saw), and
   * after that the events of the turn that it cuts in two.
   */
  async fork(parent: string, position: string): Promise<string> {
    const all = (await this.read(parent)).map(({ event }) => event);
    const known = boundariesOf(await this.#readCommands(), parent);
    const [offset = "", skipped = "0"] = position.split(",");
    const rest = offset === "-1" ? all : await this.#readFrom(parent, offset);
    const start = { index: all.length - rest.length, offset };
    const index = start.index + Number(skipped);
    const from = nearest(offset === "-1" ? known : [...known, start], index);
    if (!from || !(index > 0 && index <= all.length)) {
      throw new InvalidOptionError(`${position} is not a position of this conversation.`);
    }
    const id = randomUUID();
    const source = new DurableStream({ url: this.#urls.agent(parent), contentType });
    const fork = await source.fork(this.#urls.agent(id), { offset: from.offset });
    const events = all.slice(0, index);
    const added = [...events.slice(from.index), ...ending(events)];
    await Promise.all(added.map((event) => fork.append(event)));
    const at = Date.now();
    const boundaries = [...known, from].filter((one) => one.index <= from.index);
    await this.#send({ kind: "fork", agentId: id, parent, boundaries, title: titleOf(events), at });
    return id;
  }

  async #readFrom(id: string, offset: string): Promise<DemoEvent[]> {
    const events = await stream<DemoEvent>(this.#urls.agent(id), { offset, live: false });
    return events.readJson();
  }

  async #readCommands(): Promise<Command[]> {
    const all = await stream<Command>(this.#urls.turns, { live: false });
    return all.readJson();
  }

  /** The newest first. */
  async list(): Promise<ConversationSummary[]> {
    const byId = new Map<string, ConversationSummary>();
    for (const command of await this.#readCommands()) {
      const { agentId: id } = command;
      if (command.kind === "turn-end") continue;
      if (command.kind === "fork") {
        const { title, at, parent } = command;
        byId.set(id, { id, title, at, parent });
      } else if (command.kind !== "stop" && !byId.has(id)) {
        byId.set(id, { id, title: command.prompt, at: command.at ?? 0 });
      }
    }
    return [...byId.values()].reverse();
  }

  /** The events so far. */
  async read(id: string): Promise<StoredEvent[]> {
    const events = await stream<DemoEvent>(this.#urls.agent(id), { live: false });
    const stored: StoredEvent[] = [];
    for await (const { data, position } of events.iterEvents({ mode: "json" })) {
      stored.push({ id: position, event: data });
    }
    return stored;
  }

  /** How many events are stored; reads only what is new since the last time. */
  async count(id: string): Promise<number> {
    const known = this.#counts.get(id) ?? { count: 0, offset: "-1" };
    const { offset } = known;
    const news = await stream<DemoEvent>(this.#urls.agent(id), { offset, live: false });
    const count = known.count + (await news.readJson()).length;
    this.#counts.set(id, { count, offset: news.offset });
    return count;
  }

  async #send(command: Command): Promise<void> {
    await this.#commands.append(command);
  }

  /** Its events from a position on, for as long as somebody reads. */
  async follow(
    id: string,
    offset: string,
    signal: AbortSignal,
  ): Promise<AsyncGenerator<{ event: DemoEvent; id: string }>> {
    const url = this.#urls.agent(id);
    const events = await stream<DemoEvent>(url, { offset, signal, backoff: patience });
    return withIds(events.iterEvents({ mode: "json" }));
  }
}

async function* withIds(
  events: AsyncIterable<{ data: DemoEvent; position: string }>,
): AsyncGenerator<{ event: DemoEvent; id: string }> {
  for await (const { data, position } of events) yield { event: data, id: position };
}

/** Whether the last turn has begun and not ended; one that a restart interrupted will be asked again. */
function isRunning(events: readonly StoredEvent[]): boolean {
  const last = events.at(-1)?.event;
  return (
    last !== undefined && (last.type !== "done" || ("interrupted" in last && last.interrupted))
  );
}

/** What closes an answer that is cut in two: in the other stream the worker goes on with it. */
function ending(events: readonly DemoEvent[]): DemoEvent[] {
  const open = events.findLast(({ type }) => type === "prompt" || type === "done");
  if (open?.type !== "prompt") return [];
  return [{ ...agentEvent.done({}), turn_id: open.turn_id, stopped: true }];
}

function titleOf(events: readonly DemoEvent[]): string {
  const prompt = events.find(({ type }) => type === "prompt");
  return prompt?.type === "prompt" ? prompt.text : "A conversation";
}
