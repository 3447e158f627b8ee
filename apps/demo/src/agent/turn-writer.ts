import { agentEvent } from "@freshet/agent-sse";
import { DurableStream, IdempotentProducer } from "@freshet/durable-streams-client";
import type { TracedEvent } from "../frames/frame-attribution.ts";
import type { DemoEvent } from "../protocol/events.ts";
import type { TurnRequest } from "../streams/commands.ts";
import { restartRetry, type StreamUrls } from "../streams/stream-urls.ts";

export interface TurnWriterOptions {
  urls: StreamUrls;
  /** Whether events record their origin, for the page. Default false. */
  recordsWire?: boolean | undefined;
  /** Called with every event that was handed to the durable stream. */
  onWritten?: ((event: DemoEvent, turn: TurnRequest) => void) | undefined;
}

/** Writes the events of one attempt at a turn, exactly once. */
export class TurnWriter {
  readonly #turn: TurnRequest;
  readonly #epoch: number;
  readonly #options: TurnWriterOptions;
  readonly #producer: IdempotentProducer;
  #count = 0;

  constructor(turn: TurnRequest, epoch: number, options: TurnWriterOptions) {
    this.#turn = turn;
    this.#epoch = epoch;
    this.#options = options;
    const url = options.urls.agent(turn.agentId);
    const agent = new DurableStream({
      url,
      contentType: "application/json",
      retry: { ...restartRetry, maxRetries: Infinity },
    });
    // Tokens are already gathered; what is written during a request shares the next one.
    this.#producer = new IdempotentProducer(agent, `turn-${turn.turnId}`, { epoch, lingerMs: 0 });
  }

  /** The number of events written. */
  get count(): number {
    return this.#count;
  }

  write(event: TracedEvent | DemoEvent): void {
    const { frames = [], ...plain } = event as TracedEvent;
    const isDone = plain.type === "done";
    const wire = { epoch: this.#epoch, n: this.#count++, at: Date.now(), frames };
    const written = {
      ...plain,
      ...(isDone && { turn_id: this.#turn.turnId }),
      ...(this.#options.recordsWire && { wire }),
    } as DemoEvent;
    this.#producer.append(written);
    this.#options.onWritten?.(written, this.#turn);
  }

  /** Writes the `done` event of an attempt whose response is not complete. */
  done(cause: { interrupted: true } | { stopped: true }): void {
    this.write({ ...agentEvent.done({}), turn_id: this.#turn.turnId, ...cause });
  }

  async flush(): Promise<void> {
    await this.#producer.flush();
  }
}
