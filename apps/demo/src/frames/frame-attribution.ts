import type { AgentEvent } from "@freshet/core";
import type { FrameRecord } from "../protocol/events.ts";
import type { FrameRecorder } from "./frame-recorder.ts";

/** An event together with the frames that it was made of. */
export type TracedEvent = AgentEvent & { frames?: readonly FrameRecord[] };

/**
 * Finds out which frames an event was made of. Each frame is one event of Bedrock; an agent event is
 * made of those that were read since the one before it; and where tokens are joined, the lengths of
 * their texts say which.
 */
export class WireLedger {
  readonly #recorder: FrameRecorder;
  /** Frames of the present answer that the agent has read, and that events were made of. */
  #read = 0;
  #used = 0;
  #entries: { length: number; frames: readonly FrameRecord[] }[] = [];
  /** Of events that are not passed on: they go with the next one. */
  #left: FrameRecord[] = [];

  constructor(recorder: FrameRecorder) {
    this.#recorder = recorder;
  }

  beginCall(): void {
    this.#recorder.beginCall();
    this.#read = 0;
    this.#used = 0;
    this.#entries = [];
  }

  /** One more of Bedrock's events was read. */
  countRead(): void {
    this.#read++;
  }

  /** Notes what each agent event was made of, before they are joined. */
  async *note(events: AsyncIterable<AgentEvent>): AsyncGenerator<AgentEvent> {
    for await (const event of events) {
      const { frames, answerStart } = this.#recorder;
      // What went wrong lies in a frame that was never read, and so does all that came behind it.
      const isFailure = event.type === "error";
      const end = isFailure ? frames.length : answerStart + this.#read;
      const length = textLength(event);
      this.#entries.push({ length, frames: frames.slice(this.#used, end) });
      this.#used = Math.max(this.#used, end);
      yield event;
    }
  }

  /** The frames of an event that comes out at the end. */
  take(event: AgentEvent): FrameRecord[] {
    const frames = this.#left;
    this.#left = [];
    let missing = textLength(event);
    do {
      const entry = this.#entries.shift();
      if (!entry) break;
      frames.push(...entry.frames);
      missing -= entry.length;
    } while (missing > 0);
    return frames;
  }

  /** The event is not passed on; its frames still are. */
  drop(event: AgentEvent): void {
    this.#left = this.take(event);
  }
}

function textLength(event: AgentEvent): number {
  return event.type === "token" || event.type === "thinking" ? event.text.length : 0;
}
