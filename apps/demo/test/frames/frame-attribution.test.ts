import { agentEvent, batchTokens } from "@freshet/agent-sse";
import { createFakeBedrock } from "@freshet/bedrock-adapter/testing";
import { decodeMessage } from "@freshet/eventstream-codec";
import { afterEach, expect, test, vi } from "vitest";
import { runAgentTurn } from "../../src/agent/agent-loop.ts";
import { type CapturedBody, FrameRecorder } from "../../src/frames/frame-recorder.ts";
import { riverLevel } from "../../src/agent/tools.ts";
import { type TracedEvent, WireLedger } from "../../src/frames/frame-attribution.ts";
import { answerTo } from "../../src/bedrock/script.ts";

afterEach(() => vi.unstubAllGlobals());

interface Traced {
  events: TracedEvent[];
  captures: CapturedBody[];
}

async function ask(options: Parameters<typeof createFakeBedrock>[0]): Promise<Traced> {
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
    ledger: new WireLedger(recorder),
  });
  const events: TracedEvent[] = [];
  for await (const event of turn) events.push(event);
  return { events, captures };
}

const river = ({ body }: { body: unknown }) =>
  answerTo((body as { messages: Parameters<typeof answerTo>[0] }).messages);

test.each([1, 2, 3])("every frame is in exactly one event, in order (seed %i)", async (seed) => {
  const { events, captures } = await ask({ answer: river, seed, tokensPerSecond: 5000 });
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
});

test("the frames of a token hold its text", async () => {
  const { events, captures } = await ask({ answer: river, seed: 4, tokensPerSecond: 5000 });
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

test("a bad frame is in the error, with its checksum", async () => {
  const { events } = await ask({
    answer: river,
    fault: { name: "message-checksum", afterFrames: 10 },
  });
  const error = events.find(({ type }) => type === "error");
  expect(error).toMatchObject({ error_type: "INVALID_FRAME" });
  expect(error?.frames?.some(({ failed }) => failed)).toBe(true);
  expect(events.at(-1)).toMatchObject({ type: "done" });
});

test("what batchTokens joins, the ledger joins", async () => {
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
  const ledger = new WireLedger(recorder);
  ledger.beginCall();
  async function* bedrock() {
    for (let index = 0; index < 4; index++) {
      recorder.frames.push(frame(index));
      yield await Promise.resolve(index);
    }
  }
  async function* agent() {
    for await (const index of bedrock()) {
      ledger.countRead();
      yield agentEvent.token(`t${index}`);
    }
    yield agentEvent.done({});
  }
  const taken: [string, number[]][] = [];
  for await (const event of batchTokens(ledger.note(agent()), { intervalMs: 10_000 })) {
    taken.push([event.type, ledger.take(event).map(({ index }) => index)]);
  }
  expect(taken).toEqual([
    ["token", [0, 1, 2, 3]],
    ["done", []],
  ]);
});
