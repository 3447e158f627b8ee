import { creationMark } from "./search-hints.ts";
import type { Random } from "./random.ts";
import type { Send, StreamHistory } from "./stream-history.ts";
import type {
  AppendToStream,
  Offset,
  ReadStream,
  StreamRequest,
  StreamResponse,
} from "./stream-request.ts";

/** A path that the clients use, and where the stream at it comes from. */
export interface StressPath {
  readonly path: string;
  readonly forkOf?: string | undefined;
}

/** The paths of a stream, of a fork of it, and of a fork of that. */
export function familyPaths(name: string): readonly StressPath[] {
  const [root, fork] = [`${name}/root`, `${name}/fork`];
  return [
    { path: root },
    { path: fork, forkOf: root },
    { path: `${name}/fork-of-fork`, forkOf: fork },
  ];
}

/** How often a client does what. */
const actions = {
  produce: 40,
  repeat: 28,
  append: 5,
  appendInSequence: 4,
  takeOver: 4,
  fenced: 4,
  read: 9,
  readOn: 5,
  head: 2,
  create: 4,
  close: 1,
  delete: 2,
};

/** A client repeats what it knows no outcome of, so often. */
const MAX_REPETITIONS = 3;

interface Writer {
  epoch: number;
  seq: number;
}

/**
 * One client of a stress run. It does what clients do (produce, repeat what was not acknowledged, take
 * a producer id over, read on from an offset) and what they should not (write with an old epoch).
 */
export class StressClient {
  /** How often a request was sent again. */
  repetitions = 0;
  readonly #name: string;
  readonly #random: Random;
  readonly #history: StreamHistory;
  readonly #send: Send;
  readonly #others: readonly string[];
  readonly #writers = new Map<string, Writer>();
  readonly #offsets = new Map<string, Offset[]>();
  readonly #appends = new Map<string, AppendToStream[]>();
  /** What the last response said of each path. */
  readonly #lastStatus = new Map<string, "missing" | "closed" | "open">();
  #count = 0;

  constructor(
    name: string,
    { random, history, send, clients }: StressRun & { readonly clients: readonly string[] },
  ) {
    this.#name = name;
    this.#random = random;
    this.#history = history;
    this.#send = send;
    this.#others = clients;
  }

  async run(paths: readonly StressPath[], requests: number): Promise<void> {
    for (let n = 0; n < requests; n++) {
      // Most of the work is where everybody is.
      const at = this.#random.chance(0.75) ? paths.filter(({ forkOf }) => !forkOf) : paths;
      await this.#deliver(this.#next(this.#random.pick(at)));
    }
  }

  async #deliver(request: StreamRequest): Promise<void> {
    for (let repetition = 0; repetition <= MAX_REPETITIONS; repetition++) {
      if (repetition > 0) this.repetitions++;
      const response = await this.#history.record(this.#name, this.#send, request);
      if (response === "not sent") continue;
      if (request.kind === "append") this.#keepAppend(request);
      if (response) {
        this.#learn(request, response);
        return;
      }
      if (request.kind === "read" || request.kind === "head" || this.#random.chance(0.2)) return;
      if (request.kind === "create") request = { ...request, data: this.#mark() };
    }
  }

  #next(at: StressPath): StreamRequest {
    const { path } = at;
    const status = this.#lastStatus.get(path) ?? "missing";
    if (status === "missing" && this.#random.chance(0.6)) return this.#create(at);
    if (status === "closed" && this.#random.chance(0.2)) return { kind: "delete", path };
    const action = this.#random.weighted(actions);
    switch (action) {
      case "create":
        return this.#create(at);
      case "read":
        return { kind: "read", path };
      case "readOn":
        return this.#readOn(path);
      case "head":
      case "delete":
        return { kind: action, path };
      case "repeat": {
        this.repetitions++;
        const appends = this.#appends.get(path);
        return appends ? this.#random.pick(appends) : this.#produce(path);
      }
      case "append":
        return this.#append(path);
      case "appendInSequence":
        return this.#append(path, { seq: this.#sequence() });
      case "close":
        return this.#close(path);
      default:
        return this.#produce(path, action);
    }
  }

  #create({ path, forkOf }: StressPath): StreamRequest {
    const data = this.#mark();
    const closed = this.#random.chance(0.02);
    if (forkOf === undefined) return { kind: "create", path, closed, data };
    const known = this.#offsets.get(forkOf) ?? [];
    const offset =
      known.length > 0 && this.#random.chance(0.5) ? this.#random.pick(known) : undefined;
    return { kind: "create", path, closed, data, fork: { path: forkOf, offset } };
  }

  #readOn(path: string): ReadStream {
    const known = this.#offsets.get(path);
    return { kind: "read", path, offset: known && this.#random.pick(known) };
  }

  #append(path: string, more: Partial<AppendToStream> = {}): AppendToStream {
    return { kind: "append", path, data: this.#data(), close: false, ...more };
  }

  #produce(path: string, action: "produce" | "takeOver" | "fenced" = "produce"): AppendToStream {
    const id = this.#random.chance(0.85) ? this.#name : this.#random.pick(this.#others);
    const { epoch, seq } = this.#writers.get(`${path} ${id}`) ?? { epoch: 0, seq: 0 };
    const producer = {
      produce: { id, epoch, seq },
      takeOver: { id, epoch: epoch + 1, seq: 0 },
      fenced: { id, epoch: Math.max(0, epoch - 1), seq: this.#random.below(4) },
    }[action];
    return this.#append(path, { producer });
  }

  #close(path: string): AppendToStream {
    const base = this.#random.chance(0.6) ? this.#produce(path) : this.#append(path);
    return { ...base, close: true, data: this.#random.chance(0.5) ? base.data : "" };
  }

  /** Mostly above what was sent before. Compared as text. */
  #sequence(): string {
    const moment = this.#history.requests.length;
    const seq = this.#random.chance(0.8) ? moment : this.#random.below(moment + 1);
    return String(seq).padStart(6, "0");
  }

  #data(): string {
    return `<${this.#name}.${++this.#count}>`;
  }

  #mark(): string {
    return creationMark(`${this.#name}.${++this.#count}`);
  }

  #keepAppend(request: AppendToStream): void {
    const appends = this.#appends.get(request.path) ?? [];
    this.#appends.set(request.path, [...appends.slice(-1), request]);
  }

  #learn(request: StreamRequest, { status, ...headers }: StreamResponse): void {
    const { path } = request;
    const { offset, closed, producerEpoch, producerSeq, expectedSeq } = headers;
    if (offset !== undefined) {
      this.#offsets.set(path, [...(this.#offsets.get(path) ?? []).slice(-5), offset]);
    }
    const isGone = status === 404 || (request.kind === "delete" && status === 204);
    this.#lastStatus.set(path, isGone ? "missing" : closed ? "closed" : "open");
    if (request.kind !== "append" || !request.producer) return;
    const { id, epoch } = request.producer;
    const key = `${path} ${id}`;
    if (isGone) this.#writers.delete(key);
    else if (status === 403) this.#writers.set(key, { epoch: (producerEpoch ?? 0) + 1, seq: 0 });
    else if (status === 400) this.#writers.set(key, { epoch, seq: 0 });
    else if (expectedSeq !== undefined) this.#writers.set(key, { epoch, seq: expectedSeq });
    else if (producerSeq !== undefined) this.#writers.set(key, { epoch, seq: producerSeq + 1 });
  }
}

export interface StressRun {
  readonly random: Random;
  readonly history: StreamHistory;
  readonly send: Send;
}

/** So many clients at once on some streams; and then what everybody reads. */
export async function runClients(
  run: StressRun,
  options: { readonly clients: number; readonly requests: number; readonly families: number },
  prefix = "",
): Promise<{ readonly repetitions: number }> {
  const names = Array.from({ length: options.clients }, (_, n) => `c${n}`);
  const paths = Array.from({ length: options.families }, (_, n) =>
    familyPaths(`${prefix}${n}`),
  ).flat();
  const clients = names.map(
    (name) => new StressClient(name, { ...run, random: run.random.split(), clients: names }),
  );
  await Promise.all(clients.map((client) => client.run(paths, options.requests)));
  return { repetitions: clients.reduce((sum, client) => sum + client.repetitions, 0) };
}

/** Reads every stream, to see that what was acknowledged is there once and in order. */
export async function readAll({ history, send }: StressRun): Promise<void> {
  const paths = new Set(history.requests.map(({ input }) => input.path));
  for (const path of paths) await history.record("end", send, { kind: "read", path });
}
