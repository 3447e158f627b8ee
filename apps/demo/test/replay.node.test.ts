import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ModelFamily } from "@freshet/bedrock-adapter";
import {
  detectCapture,
  encodeConverseEvent,
  encodeException,
  encodeInvokeChunk,
} from "@freshet/bedrock-adapter/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// Replays a captured response body of every kind through the built demo, as a user does. The text that
// a reader must get is written down here, not decoded by the code under test.
const run = promisify(execFile);
const main = join(import.meta.dirname, "../dist/main.js");
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "freshet-replay-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Replays a capture, and expects success and that the reader got `text`, then the error if there is one. */
async function expectReplayed(
  name: string,
  frames: Uint8Array[],
  { text, error }: { text: string; error?: string },
): Promise<void> {
  const file = join(folder, `${name}.bin`);
  await writeFile(file, Buffer.concat(frames));
  const options = ["--once", "--pace", "1000", "--cuts", "2", "--seed", "1", "--replay", file];
  const { code, stdout, stderr } = await run(process.execPath, [main, ...options]).then(
    (output) => ({ code: 0, ...output }),
    (failure: unknown) => failure as { code: number; stdout: string; stderr: string },
  );
  expect(stderr).toBe("");
  expect(withoutFaults(stdout)).toContain(text);
  const end = error === undefined ? "" : `, then ${error}`;
  expect(stdout).toContain(`, sha256 match, capture match (${text.length} characters${end})\n`);
  expect(code).toBe(0);
}

/** The terminal's text without the marks of cuts and reconnects in it. */
function withoutFaults(stdout: string): string {
  return stdout.replace(/ (✂ (cut|web server killed)|⟲ from (the start|\S+)) /g, "");
}

const words = ["The ", "Elbe ", "is ", "high. ", "„Žádný ", "strach“ 🌊"];
const text = words.join("");
const metrics = {
  "amazon-bedrock-invocationMetrics": {
    ...{ inputTokenCount: 7, outputTokenCount: 9, invocationLatency: 300, firstByteLatency: 100 },
  },
};
const openAi = (delta: object, finish_reason: string | null) => ({
  choices: [{ index: 0, delta, finish_reason }],
});

/** The chunks of a whole response with this text, for each family of models. */
const chunksOf: Record<ModelFamily, object[]> = {
  anthropic: [
    { type: "message_start", message: { id: "m", role: "assistant", usage: { input_tokens: 7 } } },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    ...words.map((word) => ({
      ...{ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: word } },
    })),
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 9 } },
    { type: "message_stop", ...metrics },
  ],
  "claude-text": [
    ...words.map((completion) => ({ type: "completion", completion, stop_reason: null })),
    { type: "completion", completion: "", stop_reason: "stop_sequence", ...metrics },
  ],
  nova: [
    { messageStart: { role: "assistant" } },
    ...words.map((word) => ({
      contentBlockDelta: { delta: { text: word }, contentBlockIndex: 0 },
    })),
    { contentBlockStop: { contentBlockIndex: 0 } },
    { messageStop: { stopReason: "end_turn" } },
    { metadata: { usage: { inputTokens: 7, outputTokens: 9 } }, ...metrics },
  ],
  titan: [
    ...words.map((outputText) => ({ outputText, index: 0, completionReason: null })),
    { outputText: "", index: 0, completionReason: "FINISH", ...metrics },
  ],
  llama: [
    ...words.map((generation) => ({ generation, stop_reason: null })),
    { generation: "", stop_reason: "stop", ...metrics },
  ],
  deepseek: [
    ...words.map((generation) => ({ generation, stop_reason: null })),
    { generation: "", stop_reason: "stop", ...metrics },
  ],
  mistral: [
    ...words.map((word) => ({ outputs: [{ text: word, stop_reason: null }] })),
    { outputs: [{ text: "", stop_reason: "stop" }], ...metrics },
  ],
  "cohere-command": [
    ...words.map((word) => ({ text: word, is_finished: false, index: 0 })),
    { is_finished: true, index: 0, finish_reason: "COMPLETE", ...metrics },
  ],
  "cohere-command-r": [
    ...words.map((word) => ({ event_type: "text-generation", is_finished: false, text: word })),
    { event_type: "stream-end", is_finished: true, finish_reason: "COMPLETE", response: { text } },
  ],
  jamba: [
    openAi({ role: "assistant" }, null),
    ...words.map((content) => openAi({ content }, null)),
    { ...openAi({ content: "" }, "stop"), ...metrics },
  ],
  openai: [
    openAi({ role: "assistant", content: "" }, null),
    ...words.map((content) => openAi({ content }, null)),
    openAi({}, "stop"),
    { choices: [], ...metrics },
  ],
};

describe.concurrent("the demo replays a captured InvokeModel response of", () => {
  test.each(Object.entries(chunksOf))(
    "%s",
    async (family, chunks) => {
      const frames = chunks.map((chunk) => encodeInvokeChunk(chunk));
      expect(detectCapture(Buffer.concat(frames)).operation).toBe("invoke");
      await expectReplayed(family, frames, { text });
    },
    120_000,
  );

  test("a model that throttles in the middle: the text until then, and its error", async () => {
    const chunks = chunksOf.llama.slice(0, 3).map((chunk) => encodeInvokeChunk(chunk));
    const frames = [...chunks, encodeException("throttlingException", '{"message":"slow down"}')];
    const held = { text: "The Elbe is ", error: "THROTTLED" };
    await expectReplayed("throttled", frames, held);
  }, 120_000);

  test("a connection that was cut: the text until then, and its error", async () => {
    const frames = chunksOf.llama.slice(0, 4).map((chunk) => encodeInvokeChunk(chunk));
    const cut = [...frames.slice(0, 3), (frames[3] ?? new Uint8Array()).subarray(0, 20)];
    await expectReplayed("cut", cut, { text: "The Elbe is ", error: "INCOMPLETE_STREAM" });
  }, 120_000);
});

describe.concurrent("the demo replays a captured Converse response with", () => {
  const delta = (delta: { text: string }) =>
    encodeConverseEvent({ type: "contentBlockDelta", contentBlockIndex: 0, delta });
  const start = encodeConverseEvent({ type: "messageStart", role: "assistant" });
  const stop = encodeConverseEvent({ type: "contentBlockStop", contentBlockIndex: 0 });
  const end = encodeConverseEvent({ type: "messageStop", stopReason: "end_turn" });

  test("text", async () => {
    const frames = [start, ...words.map((word) => delta({ text: word })), stop, end];
    await expectReplayed("converse", frames, { text });
  }, 120_000);

  test("a tool call whose result the demo's tool gives", async () => {
    const toolUse = { toolUseId: "t1", name: "river_level" };
    const frames = [
      ...[start, delta({ text: "Let me look." }), stop],
      encodeConverseEvent({ type: "contentBlockStart", contentBlockIndex: 1, start: { toolUse } }),
      encodeConverseEvent({
        type: "contentBlockDelta",
        contentBlockIndex: 1,
        delta: { toolUse: { input: '{"station":"Dresden"}' } },
      }),
      encodeConverseEvent({ type: "contentBlockStop", contentBlockIndex: 1 }),
      encodeConverseEvent({ type: "messageStop", stopReason: "tool_use" }),
    ];
    await expectReplayed("tool", frames, { text: "Let me look." });
  }, 120_000);
});
