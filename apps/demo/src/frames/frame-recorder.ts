import { BedrockClient, type BedrockClientOptions, type Fetch } from "@freshet/bedrock-adapter";
import { decodeMessage, EventStreamError, readEnvelope } from "@freshet/eventstream-codec";
import type { FrameRecord } from "../protocol/events.ts";
import { FrameSplitter } from "./frame-splitter.ts";

/** A response body of Bedrock that has ended, in whatever way. */
export interface CapturedBody {
  readonly bytes: Uint8Array;
  readonly model: string;
  readonly operation: "converse" | "invoke";
}

/** Stands between a client and Bedrock and notes every frame that passes. */
export class FrameRecorder {
  /** The frames of the present model call. */
  frames: FrameRecord[] = [];
  /** How many of `frames` came before the present answer: refusals that were retried. */
  answerStart: number = 0;
  #call = 0;
  readonly #onCapture: (body: CapturedBody) => void;

  constructor(onCapture: (body: CapturedBody) => void) {
    this.#onCapture = onCapture;
  }

  /** A client whose answers are recorded. */
  client(options: BedrockClientOptions): BedrockClient {
    return new BedrockClient({ ...options, fetch: this.#fetch });
  }

  /** The next model call of the turn begins. */
  beginCall(): void {
    this.#call++;
    this.frames = [];
    this.answerStart = 0;
  }

  readonly #fetch: Fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (!response.ok || !response.body) {
      this.#add({ offset: 0, bytes: 0, type: `HTTP ${response.status}`, crc: "", failed: true });
      return response;
    }
    this.answerStart = this.frames.length;
    // Nothing is read ahead of the one who reads.
    const body = new ReadableStream(this.#recording(response.body, input), { highWaterMark: 0 });
    return new Response(body, response);
  };

  /** Hands on what it reads. A TransformStream would do too, at several times the cost for each piece. */
  #recording(body: ReadableStream<Uint8Array>, url: string): UnderlyingDefaultSource<Uint8Array> {
    const reader = body.getReader();
    const splitter = new FrameSplitter();
    const chunks: Uint8Array[] = [];
    let offset = 0;
    return {
      pull: async (controller) => {
        const { done, value } = await reader.read();
        if (done) {
          const { length } = splitter.rest;
          if (length > 0)
            this.#add({ offset, bytes: length, type: "cut short", crc: "", failed: true });
          this.#capture(chunks, url);
          controller.close();
          return;
        }
        chunks.push(value);
        for (const frame of splitter.push(value)) {
          this.#add({ offset, bytes: frame.length, crc: checksumOf(frame), ...kindOf(frame) });
          offset += frame.length;
        }
        controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    };
  }

  #add(frame: Omit<FrameRecord, "call" | "index" | "at">): void {
    const index = this.frames.length - this.answerStart;
    this.frames.push({ call: this.#call, index, at: Date.now(), ...frame });
  }

  #capture(chunks: readonly Uint8Array[], url: string): void {
    const path = /\/model\/([^/]+)\/([\w-]+)$/.exec(new URL(url).pathname);
    this.#onCapture({
      bytes: Buffer.concat(chunks),
      model: decodeURIComponent(path?.[1] ?? ""),
      operation: path?.[2] === "converse-stream" ? "converse" : "invoke",
    });
  }
}

function checksumOf(frame: Uint8Array): string {
  return Buffer.from(frame.subarray(-4)).toString("hex");
}

function kindOf(frame: Uint8Array): Pick<FrameRecord, "type" | "failed"> {
  try {
    const envelope = readEnvelope(decodeMessage(frame));
    switch (envelope.kind) {
      case "event":
        return { type: envelope.eventType };
      case "exception":
        return { type: envelope.exceptionType, failed: true };
      case "error":
        return { type: envelope.errorCode, failed: true };
      case "unknown":
        return { type: envelope.messageType ?? "unknown" };
    }
  } catch (error) {
    if (!(error instanceof EventStreamError)) throw error;
    return { type: error.code, failed: true };
  }
}
