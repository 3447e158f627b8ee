import type { AgentEvent } from "@freshet/core";
import type { FrameRecord } from "../protocol/events.ts";
import type { FrameRecorder } from "./frame-recorder.ts";

/** An event together with the frames that it was made from. */
export type TracedEvent = AgentEvent & { frames?: readonly FrameRecord[] };

/**
 * Attributes frames to events. Each frame is one event of Bedrock; an agent event is made from those
 * that were read since the agent event before it; and where tokens are joined into one event, the
 * lengths of their texts show which.
 */
export class FrameAttribution {
  readonly #recorder: FrameRecorder;
  /** How many frames of the current response the agent has read. */
  #read = 0;
  /** How many of them are attributed to an event. */
  #used = 0;
  #entries: { length: number; frames: readonly FrameRecord[] }[] = [];
  /** The frames of events that were discarded; the next event gets them. */
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

  /** Counts one more event of Bedrock as read. */
  countRead(): void {
    this.#read++;
  }

  /** Passes agent events through and remembers the frames of each, before they are joined. */
  async *observe(events: AsyncIterable<AgentEvent>): AsyncGenerator<AgentEvent> {
    for await (const event of events) {
      const { frames, responseStart } = this.#recorder;
      // The cause of an error is in a frame that was never read, and so is all that follows it.
      const isFailure = event.type === "error";
      const end = isFailure ? frames.length : responseStart + this.#read;
      const length = textLength(event);
      this.#entries.push({ length, frames: frames.slice(this.#used, end) });
      this.#used = Math.max(this.#used, end);
      yield event;
    }
  }

  /** Returns the frames of an event after joining; the events must be given in order. */
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

  /** Skips an event that is not passed on: its frames go to the next one. */
  discard(event: AgentEvent): void {
    this.#left = this.take(event);
  }
}

function textLength(event: AgentEvent): number {
  return event.type === "token" || event.type === "thinking" ? event.text.length : 0;
}
