import { DurableStream, IdempotentProducer } from "@freshet/durable-streams-client";
import type { Command } from "./protocol.ts";

interface DynamicValue {
  readonly type: "counter" | "timestamp" | "token";
  count: number;
  readonly token: string;
}

/** The state that the commands between one `init` and the next share. */
export class Session {
  readonly #serverUrl: string;
  readonly #contentTypes = new Map<string, string>();
  readonly #producers = new Map<string, IdempotentProducer>();
  readonly #headers = new Map<string, DynamicValue>();
  readonly #params = new Map<string, DynamicValue>();

  constructor(serverUrl: string) {
    this.#serverUrl = serverUrl;
  }

  url(path: string | undefined): string {
    return `${this.#serverUrl}${path ?? "/"}`;
  }

  /** Creates a handle. The suite expects that an append with an unknown outcome is sent again. */
  async handle({ path = "/", headers }: Command, dynamic = this.noValues): Promise<DurableStream> {
    const stream = new DurableStream({
      url: this.url(path),
      contentType: this.#contentTypes.get(path),
      headers: { ...dynamic.headers, ...headers },
      params: dynamic.params,
      retryAppends: "always",
    });
    return Promise.resolve(stream);
  }

  learn(path: string | undefined, contentType: string | undefined): void {
    if (path === undefined) return;
    if (contentType === undefined) this.#contentTypes.delete(path);
    else this.#contentTypes.set(path, contentType);
  }

  contentType(path: string | undefined): string | undefined {
    return this.#contentTypes.get(path ?? "/");
  }

  /** Returns the one producer for each id and epoch on a stream, as a program would use it. */
  async producer(command: Command): Promise<IdempotentProducer> {
    const { path, producerId = "", epoch = 0 } = command;
    const key = JSON.stringify([path, producerId, epoch]);
    let producer = this.#producers.get(key);
    if (!producer) {
      producer = await this.newProducer(command, false);
      this.#producers.set(key, producer);
    }
    return producer;
  }

  /** With `isRestart` it may send the batches of an earlier producer again, as a job that was restarted. */
  async newProducer(command: Command, isRestart: boolean): Promise<IdempotentProducer> {
    const { producerId = "", epoch = 0, autoClaim = false, maxInFlight = 1 } = command;
    return new IdempotentProducer(await this.handle(command), producerId, {
      ...{ epoch, autoClaim, replay: isRestart && !autoClaim, lingerMs: 0 },
      // The runner wants several requests here; ours are sent one after the other.
      ...(maxInFlight > 1 ? { maxBatchItems: 1 } : {}),
    });
  }

  setDynamic(kind: "header" | "param", command: Command): void {
    const value = {
      type: command.valueType ?? "counter",
      count: 0,
      token: command.initialValue ?? "",
    };
    (kind === "header" ? this.#headers : this.#params).set(command.name ?? "", value);
  }

  clearDynamic(): void {
    this.#headers.clear();
    this.#params.clear();
  }

  readonly noValues: Dynamic = { headers: {}, params: {}, sent: {} };

  /** Computes the next command's dynamic headers and parameters, and the report of their values. */
  nextValues(): Dynamic {
    const headers = valuesOf(this.#headers);
    const params = valuesOf(this.#params);
    return {
      headers: functionsOf(headers),
      params: functionsOf(params),
      sent: {
        ...(this.#headers.size > 0 ? { headersSent: headers } : {}),
        ...(this.#params.size > 0 ? { paramsSent: params } : {}),
      },
    };
  }
}

interface Dynamic {
  readonly headers: Record<string, () => string>;
  readonly params: Record<string, () => string>;
  readonly sent: Record<string, unknown>;
}

function valuesOf(values: Map<string, DynamicValue>): Record<string, string> {
  return Object.fromEntries(
    [...values].map(([name, value]) => {
      if (value.type === "counter") return [name, String(++value.count)];
      return [name, value.type === "timestamp" ? String(Date.now()) : value.token];
    }),
  );
}

function functionsOf(values: Record<string, string>): Record<string, () => string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, () => value]));
}
