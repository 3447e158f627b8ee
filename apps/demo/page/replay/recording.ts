import type { AgentEvent } from "@freshet/core";
import { BedrockDecoder, toAgentEvents, type AgentEventInput } from "@freshet/bedrock-adapter";
import { MessageDecoder, readEnvelope } from "@freshet/eventstream-codec";
import type { DemoEvent, FrameRecord } from "../../src/protocol/events.ts";
import { hex } from "../model/hex.ts";
import { webServer } from "../server/web-server.ts";

/** A conversation or a captured response that can be replayed. */
export interface Recording {
  readonly title: string;
  /** A description of where it comes from. */
  readonly origin: string;
  readonly events: readonly RecordedEvent[];
}

export interface RecordedEvent {
  readonly id: string;
  readonly event: DemoEvent;
  /** When it arrived, in milliseconds after the first. */
  readonly atMs: number;
}

/** The longest pause of a replay: nobody wants to wait while a prompt is typed again. */
const longestPauseMs = 1500;
/** The pace at which the frames of a captured body are played, which records no times. */
const frameMs = 1000 / 60;

/** Loads an earlier conversation, to be played at the pace at which it was written. */
export async function recordConversation(id: string, signal: AbortSignal): Promise<Recording> {
  const stored = await webServer.transcript(id, signal);
  let atMs = 0;
  let before: number | undefined;
  const events = stored.map(({ id: position, event }): RecordedEvent => {
    const at = event.wire?.at ?? before ?? 0;
    atMs += Math.min(Math.max(0, at - (before ?? at)), longestPauseMs);
    before = at;
    return { id: position, event, atMs };
  });
  const first = stored.find(({ event }) => event.type === "prompt")?.event;
  return {
    title: first?.type === "prompt" ? first.text : "A conversation",
    origin: "from its durable stream",
    events,
  };
}

/** Decodes a response body of Bedrock, in the browser, with the same packages as on the server. */
export async function recordCapture(bytes: Uint8Array, title: string): Promise<Recording> {
  const frames = framesOf(bytes);
  const events: RecordedEvent[] = [];
  let pulled = 0;
  let shown = 0;
  const source = function* (): Generator<AgentEventInput> {
    const decoder = new BedrockDecoder().push(bytes);
    for (let event = decoder.read(); event; event = decoder.read()) {
      pulled++;
      yield event.type === "chunk" ? (event.chunk as AgentEventInput) : event;
    }
    decoder.end();
  };
  const add = (event: AgentEvent, upTo: number) => {
    const made = frames.slice(shown, upTo);
    const last = frames[Math.max(0, upTo - 1)];
    shown = upTo;
    const atMs = upTo * frameMs;
    const wire = { epoch: 0, n: events.length, at: atMs, frames: made };
    const id = `byte ${last ? last.offset + last.bytes : 0}`;
    events.push({ id: `${id}, ${events.length}`, event: { ...event, wire }, atMs });
  };
  for await (const event of toAgentEvents(source(), { errors: "event" })) {
    add(event, event.type === "error" || event.type === "done" ? frames.length : pulled);
  }
  return {
    title,
    origin: `${frames.length} frames, ${bytes.length} bytes, decoded in this browser`,
    events,
  };
}

function framesOf(bytes: Uint8Array): FrameRecord[] {
  const decoder = new MessageDecoder().push(bytes);
  const frames: FrameRecord[] = [];
  const record = (offset: number, end: number, type: string): FrameRecord => ({
    call: 1,
    index: frames.length,
    offset,
    bytes: end - offset,
    type,
    crc: hex(bytes.subarray(Math.max(offset, end - 4), end)),
    at: (frames.length + 1) * frameMs,
  });
  try {
    for (;;) {
      const { offset } = decoder;
      const message = decoder.read();
      if (!message) break;
      frames.push(record(offset, decoder.offset, frameType(readEnvelope(message))));
    }
    decoder.end();
  } catch (error) {
    const type = error instanceof Error && "code" in error ? String(error.code) : "damaged";
    frames.push({ ...record(decoder.offset, bytes.length, type), failed: true });
  }
  return frames;
}

function frameType(envelope: ReturnType<typeof readEnvelope>): string {
  switch (envelope.kind) {
    case "event":
      return envelope.eventType;
    case "exception":
      return envelope.exceptionType;
    case "error":
      return envelope.errorCode;
    case "unknown":
      return envelope.messageType ?? "unknown";
  }
}
