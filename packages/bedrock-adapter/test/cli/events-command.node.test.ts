import { expect, test } from "vitest";
import { eventsCommand } from "../../src/cli/events-command.ts";
import {
  converseScript,
  encodeConverseEvent,
  encodeException,
  encodeInvokeChunk,
} from "../../src/testing/index.ts";
import { concat } from "../support/slicings.ts";

async function run(body: Uint8Array | Error, ...args: string[]) {
  const out: string[] = [];
  const errors: string[] = [];
  const code = await eventsCommand(args, {
    version: "1.2.3",
    readFile: () => (body instanceof Error ? Promise.reject(body) : Promise.resolve(body)),
    out: (line) => out.push(line),
    error: (line) => errors.push(line),
  });
  return { code, out, errors };
}

const events = converseScript({ parts: [{ reasoning: "hm" }, { text: "Hi" }] });
const body = concat(events.map((event) => encodeConverseEvent(event)));

test("bedrock-events prints one event per line, as text and as JSON", async () => {
  const text = await run(body, "file");
  expect(text).toMatchObject({ code: 0, errors: [] });
  expect(text.out).toHaveLength(events.length);
  expect(text.out[0]).toBe('messageStart       {"role":"assistant"}');
  const json = await run(body, "--json", "file");
  expect(json.out.map((line) => JSON.parse(line) as unknown)).toEqual(events);
});

test("bedrock-events prints bytes as base64", async () => {
  const frame = encodeConverseEvent({
    type: "contentBlockDelta",
    contentBlockIndex: 0,
    delta: { reasoningContent: { redactedContent: new Uint8Array([1, 2, 3]) } },
  });
  expect((await run(frame, "x", "--json")).out[0]).toContain('{"$bytes":"AQID"}');
});

test("--agent prints agent events of either operation; --model decides between families", async () => {
  const agent = await run(body, "--agent", "file");
  expect(agent.out.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual([
    "thinking",
    "token",
    "done",
  ]);
  const chunk = { generation: "a</think>b", stop_reason: "stop" };
  const deepseek = await run(encodeInvokeChunk(chunk), "x", "--agent", "--model", "deepseek.r1");
  expect(deepseek.out.slice(0, 2)).toEqual([
    '{"type":"thinking","text":"a"}',
    '{"type":"token","text":"b"}',
  ]);
});

test.each(["--json", "--agent"])(
  "%s: a failed or incomplete response is exit code 1, with the error's code",
  async (flag) => {
    const failed = encodeException("throttlingException", "{}");
    const { code, errors } = await run(failed, flag, "x");
    expect(code).toBe(1);
    expect(errors[0]).toMatch(/^THROTTLED: /);
    const cut = await run(body.slice(0, -200), flag, "x");
    expect(cut.code).toBe(1);
    expect(cut.out.length).toBeGreaterThan(0);
    expect(cut.errors[0]).toMatch(/^INCOMPLETE_STREAM: /);
  },
);

test("a wrong option or number of files is exit code 2, with a hint", async () => {
  for (const args of [
    ["--wrong", "x"],
    [],
    ["a", "b"],
    ["x", "--model"],
    ["x", "--json", "--agent"],
  ]) {
    const { code, errors, out } = await run(body, ...args);
    expect([code, out.length]).toEqual([2, 0]);
    expect(errors[0]).toMatch(/^bedrock-events: /);
    expect(errors[1]).toBe("Try bedrock-events --help.");
  }
});

test("a file that cannot be read is exit code 2", async () => {
  const missing = await run(new Error("ENOENT: no such file"), "x");
  expect(missing).toMatchObject({ code: 2, errors: ["bedrock-events: ENOENT: no such file"] });
});

test("--help and --version print to standard output and read no file", async () => {
  for (const flag of ["--help", "-h"]) {
    const { code, out } = await run(new Error("read"), flag);
    expect(code).toBe(0);
    expect(out[0]).toContain("usage: bedrock-events FILE");
  }
  expect(await run(new Error("read"), "--version")).toEqual({
    code: 0,
    out: ["1.2.3"],
    errors: [],
  });
});

test("control characters from the wire are escaped, and JSON keeps its meaning", async () => {
  const role = "\u009b2J\u007f";
  const start = encodeConverseEvent({ type: "messageStart", role });
  const fault = encodeException("throttlingException", '{"message":"\\u001b]0;mine\\u0007"}');
  const { out, errors } = await run(concat([start, fault]), "x", "--json");
  expect(out[0]).toBe('{"type":"messageStart","role":"\\u009b2J\\u007f"}');
  expect(JSON.parse(out[0] ?? "")).toEqual({ type: "messageStart", role });
  expect(errors.join()).toContain("\\u001b]0;mine\\u0007");
});
