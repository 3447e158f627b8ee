import { BedrockClient, type BedrockClientOptions } from "@freshet/bedrock-adapter";
import type { Fetch } from "@freshet/core";
import { decodeMessage, EventStreamError, readEnvelope } from "@freshet/eventstream-codec";
import type { CapturedBody } from "../protocol/api.ts";
import type { FrameRecord } from "../protocol/events.ts";
import { FrameSplitter } from "./frame-splitter.ts";

/** Records every frame that passes between a client and Bedrock. */
export class FrameRecorder {
  /** The frames of the current model call. */
  frames: FrameRecord[] = [];
  /** How many of `frames` came before the current response: refused requests that were retried. */
  responseStart: number = 0;
  #call = 0;
  readonly #onCapture: (body: CapturedBody) => void;

  constructor(onCapture: (body: CapturedBody) => void) {
    this.#onCapture = onCapture;
  }

  /** Creates a client whose responses are recorded. */
  client(options: BedrockClientOptions): BedrockClient {
    return new BedrockClient({ ...options, fetch: this.#fetch });
  }

  /** Starts the record of the next model call of the turn. */
  beginCall(): void {
    this.#call++;
    this.frames = [];
    this.responseStart = 0;
  }

  readonly #fetch: Fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (!response.ok || !response.body) {
      this.#add({ offset: 0, bytes: 0, type: `HTTP ${response.status}`, crc: "", failed: true });
      return response;
    }
    this.responseStart = this.frames.length;
    // Nothing is read before the consumer pulls it.
    const body = new ReadableStream(this.#recording(response.body, input), { highWaterMark: 0 });
    return new Response(body, response);
  };

  /** Passes on what it reads. A TransformStream could do it too, at several times the cost per chunk. */
  #recording(
    body: ReadableStream<Uint8Array>,
    url: string | URL,
  ): UnderlyingDefaultSource<Uint8Array> {
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
    const index = this.frames.length - this.responseStart;
    this.frames.push({ call: this.#call, index, at: Date.now(), ...frame });
  }

  #capture(chunks: readonly Uint8Array[], url: string | URL): void {
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
