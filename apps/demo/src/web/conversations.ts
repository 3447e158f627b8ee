import { randomUUID } from "node:crypto";
import { agentEvent } from "@freshet/agent-sse";
import { DurableStream, InvalidOptionError, stream } from "@freshet/durable-streams-client";
import type { ConversationSummary, StoredEvent } from "../protocol/api.ts";
import type { DemoEvent } from "../protocol/events.ts";
import type { Command } from "../streams/commands.ts";
import { restartRetry, type StreamUrls } from "../streams/stream-urls.ts";
import { boundariesOf, nearest } from "./fork-point.ts";

const contentType = "application/json";

/** A turn is running, so the conversation takes no other prompt. */
export class BusyError extends Error {
  override readonly name: string = "BusyError";
}

/** The conversations in their durable streams. */
export class Conversations {
  readonly #urls: StreamUrls;
  readonly #commands: DurableStream;
  /** How many events each stream had when it was last read, and up to which offset. */
  readonly #counts = new Map<string, { count: number; offset: string }>();

  constructor(urls: StreamUrls) {
    this.#urls = urls;
    this.#commands = new DurableStream({ url: urls.turns, contentType });
  }

  /** Creates a conversation with its first prompt. Returns its id. */
  async create(prompt: string): Promise<string> {
    const id = randomUUID();
    const agent = await DurableStream.create({ url: this.#urls.agent(id), contentType });
    const { offset = "" } = await agent.head();
    const start = { index: 0, offset };
    const turnId = randomUUID();
    await this.#send({ kind: "turn", agentId: id, turnId, prompt, at: Date.now(), start });
    return id;
  }

  /** Adds a turn with another prompt. Returns its id; throws {@link BusyError}. */
  async addTurn(id: string, prompt: string): Promise<string> {
    const events = await this.read(id);
    if (isRunning(events))
      throw new BusyError("The previous answer is not complete: stop it or wait.");
    const turnId = randomUUID();
    await this.#send({ kind: "turn", agentId: id, turnId, prompt, at: Date.now() });
    return turnId;
  }

  async stop(id: string): Promise<void> {
    await new DurableStream({ url: this.#urls.agent(id), contentType }).head();
    await this.#send({ kind: "stop", agentId: id });
  }

  /**
   * Creates a conversation that begins with this one's events up to `position`: a fork at the last
   * boundary before it that the server knows by an offset (the end of a turn, or what a live reader
   * saw), followed by the events of the turn that `position` splits.
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

  /** Lists the conversations, newest first. */
  async list(): Promise<ConversationSummary[]> {
    const byId = new Map<string, ConversationSummary>();
    for (const command of await this.#readCommands()) {
      const { agentId: id } = command;
      if (command.kind === "fork") {
        const { title, at, parent } = command;
        byId.set(id, { id, title, at, parent });
      } else if (command.kind === "turn" && !byId.has(id)) {
        byId.set(id, { id, title: command.prompt, at: command.at });
      }
    }
    return [...byId.values()].reverse();
  }

  /** Reads the events so far. */
  async read(id: string): Promise<StoredEvent[]> {
    const events = await stream<DemoEvent>(this.#urls.agent(id), { live: false });
    const stored: StoredEvent[] = [];
    for await (const { data, position } of events.iterEvents({ mode: "json" })) {
      stored.push({ id: position, event: data });
    }
    return stored;
  }

  /** Counts the stored events; reads only those that are new since the last call. */
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

  /** Reads the events after a position, live until `signal` aborts. */
  async follow(
    id: string,
    offset: string,
    signal: AbortSignal,
  ): Promise<AsyncGenerator<{ event: DemoEvent; id: string }>> {
    const url = this.#urls.agent(id);
    const events = await stream<DemoEvent>(url, { offset, signal, retry: restartRetry });
    return withIds(events.iterEvents({ mode: "json" }));
  }
}

async function* withIds(
  events: AsyncIterable<{ data: DemoEvent; position: string }>,
): AsyncGenerator<{ event: DemoEvent; id: string }> {
  for await (const { data, position } of events) yield { event: data, id: position };
}

/** Whether the last turn has not ended; one that a restart interrupted will run again. */
function isRunning(events: readonly StoredEvent[]): boolean {
  const last = events.at(-1)?.event;
  return (
    last !== undefined && (last.type !== "done" || ("interrupted" in last && last.interrupted))
  );
}

/** Returns the event that closes a turn which a fork splits: only in the parent does it continue. */
function ending(events: readonly DemoEvent[]): DemoEvent[] {
  const open = events.findLast(({ type }) => type === "prompt" || type === "done");
  if (open?.type !== "prompt") return [];
  return [{ ...agentEvent.done({}), turn_id: open.turn_id, stopped: true }];
}

function titleOf(events: readonly DemoEvent[]): string {
  const prompt = events.find(({ type }) => type === "prompt");
  return prompt?.type === "prompt" ? prompt.text : "A conversation";
}
