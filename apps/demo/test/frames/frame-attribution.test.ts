import { agentEvent, batchTokens } from "@freshet/agent-sse";
import { createFakeBedrock } from "@freshet/bedrock-adapter/testing";
import { decodeMessage } from "@freshet/eventstream-codec";
import { afterEach, expect, test, vi } from "vitest";
import { runAgentTurn } from "../../src/agent/agent-loop.ts";
import { FrameRecorder } from "../../src/frames/frame-recorder.ts";
import { riverLevel } from "../../src/agent/tools.ts";
import { FrameAttribution, type TracedEvent } from "../../src/frames/frame-attribution.ts";
import { messagesOf } from "../../src/bedrock/request-messages.ts";
import { scriptedResponse } from "../../src/bedrock/script.ts";
import type { CapturedBody } from "../../src/protocol/api.ts";

afterEach(() => vi.unstubAllGlobals());

interface Traced {
  events: TracedEvent[];
  captures: CapturedBody[];
}

async function runTurn(options: Parameters<typeof createFakeBedrock>[0]): Promise<Traced> {
  const fake = createFakeBedrock(options);
  vi.stubGlobal("fetch", fake.fetch);
  const captures: CapturedBody[] = [];
  const recorder = new FrameRecorder((body) => captures.push(body));
  const client = recorder.client({
    endpoint: "http://fake",
    apiKey: "key",
    region: "x",
    retry: { initialDelayMs: 1 },
    idleTimeoutMs: 200,
  });
  const turn = runAgentTurn("How high is the Elbe?", {
    client,
    modelId: "some.model",
    operation: "converse",
    tools: [riverLevel],
    signal: new AbortController().signal,
    attribution: new FrameAttribution(recorder),
  });
  const events: TracedEvent[] = [];
  for await (const event of turn) events.push(event);
  return { events, captures };
}

const respond = ({ body }: { body: unknown }) => scriptedResponse(messagesOf(body));

test.each([1, 2, 3])(
  "every frame is attributed to exactly one event, in order (seed %i)",
  async (seed) => {
    const { events, captures } = await runTurn({ response: respond, seed, tokensPerSecond: 5000 });
    expect(captures).toHaveLength(2);
    for (const [index, { bytes, operation }] of captures.entries()) {
      expect(operation).toBe("converse");
      const frames = events
        .flatMap(({ frames = [] }) => frames)
        .filter(({ call }) => call === index + 1);
      expect(frames.map((frame) => frame.index)).toEqual(frames.map((_, at) => at));
      let offset = 0;
      for (const frame of frames) {
        expect(frame.offset).toBe(offset);
        const end = Buffer.from(bytes.subarray(offset + frame.bytes - 4, offset + frame.bytes));
        expect(frame.crc).toBe(end.toString("hex"));
        offset += frame.bytes;
      }
      expect(offset).toBe(bytes.length);
    }
  },
);

test("the frames that are attributed to a token hold its text", async () => {
  const { events, captures } = await runTurn({ response: respond, seed: 4, tokensPerSecond: 5000 });
  const body = captures.map(({ bytes }) => bytes);
  for (const event of events) {
    if (event.type !== "token" && event.type !== "thinking") continue;
    const raw = (event.frames ?? []).map(
      ({ call, offset, bytes }) =>
        body[call - 1]?.subarray(offset, offset + bytes) ?? new Uint8Array(0),
    );
    const texts = raw.flatMap((frame) => {
      const { delta } = JSON.parse(new TextDecoder().decode(decodeMessage(frame).payload)) as {
        delta?: { text?: string; reasoningContent?: { text?: string } };
      };
      return delta?.text ?? delta?.reasoningContent?.text ?? "";
    });
    expect(texts.join("")).toBe(event.text);
  }
});

test("a damaged frame is attributed to the error event, with its checksum", async () => {
  const { events } = await runTurn({
    response: respond,
    fault: { name: "message-checksum", afterFrames: 10 },
  });
  const error = events.find(({ type }) => type === "error");
  expect(error).toMatchObject({ error_type: "INVALID_FRAME" });
  expect(error?.frames?.some(({ failed }) => failed)).toBe(true);
  expect(events.at(-1)).toMatchObject({ type: "done" });
});

test("the frames of tokens that batchTokens joins are attributed to the joined token", async () => {
  const frame = (index: number) => ({
    call: 1,
    index,
    offset: index,
    bytes: 1,
    type: "x",
    crc: "",
    at: 0,
  });
  const recorder = new FrameRecorder(() => undefined);
  const attribution = new FrameAttribution(recorder);
  attribution.beginCall();
  async function* bedrock() {
    for (let index = 0; index < 4; index++) {
      recorder.frames.push(frame(index));
      yield await Promise.resolve(index);
    }
  }
  async function* agent() {
    for await (const index of bedrock()) {
      attribution.countRead();
      yield agentEvent.token(`t${index}`);
    }
    yield agentEvent.done({});
  }
  const taken: [string, number[]][] = [];
  for await (const event of batchTokens(attribution.observe(agent()), { intervalMs: 10_000 })) {
    taken.push([event.type, attribution.take(event).map(({ index }) => index)]);
  }
  expect(taken).toEqual([
    ["token", [0, 1, 2, 3]],
    ["done", []],
  ]);
});
