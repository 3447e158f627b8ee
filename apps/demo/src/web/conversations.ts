import { randomUUID } from "node:crypto";
import { agentEvent } from "@freshet/agent-sse";
import { DurableStream, stream } from "@freshet/durable-streams-client";
import type { ConversationSummary, StoredEvent } from "../api.ts";
import type { DemoEvent } from "../events.ts";
import { type Command, patience, type StreamUrls } from "../streams.ts";

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
    await DurableStream.create({ url: this.#urls.agent(id), contentType });
    await this.#send({ agentId: id, turnId: randomUUID(), prompt, at: Date.now() });
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

  /** Makes a conversation that begins with this one's events up to `position`. */
  async fork(parent: string, position: string): Promise<string> {
    const id = randomUUID();
    const source = new DurableStream({ url: this.#urls.agent(parent), contentType });
    const fork = await source.fork(this.#urls.agent(id), { offset: position });
    const events = await this.read(id);
    const last = events.at(-1)?.event;
    const open = events.findLast(({ event }) => event.type === "prompt")?.event;
    if (last && last.type !== "done" && open?.type === "prompt") {
      // The worker goes on with the answer in the other stream; in this one it ends here.
      await fork.append({ ...agentEvent.done({}), turn_id: open.turn_id, stopped: true });
    }
    const title = titleOf(events.map(({ event }) => event));
    await this.#send({ kind: "fork", agentId: id, parent, title, at: Date.now() });
    return id;
  }

  /** The newest first. */
  async list(): Promise<ConversationSummary[]> {
    const all = await stream<Command>(this.#urls.turns, { live: false });
    const byId = new Map<string, ConversationSummary>();
    for (const command of await all.readJson()) {
      const { agentId: id } = command;
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

function titleOf(events: readonly DemoEvent[]): string {
  const prompt = events.find(({ type }) => type === "prompt");
  return prompt?.type === "prompt" ? prompt.text : "A conversation";
}
