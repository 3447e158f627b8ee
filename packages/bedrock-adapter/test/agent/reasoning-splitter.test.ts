import fc from "fast-check";
import { expect, test } from "vitest";
import { AgentEventWriter } from "../../src/agent/agent-event-writer.ts";
import {
  deepSeekTags,
  gptOssTags,
  ReasoningSplitter,
  type ReasoningTags,
} from "../../src/agent/reasoning-splitter.ts";

/** The joined parts in order, such as `[["thinking", "hm"], ["token", "Hi"]]`. */
function split(pieces: readonly string[], tags: ReasoningTags): (readonly [string, string])[] {
  const out = new AgentEventWriter("", []);
  const splitter = new ReasoningSplitter(tags);
  for (const piece of pieces) splitter.push(piece, out);
  splitter.end(out);
  const parts: [string, string][] = [];
  for (let event = out.read(); event; event = out.read()) {
    if (event.type !== "token" && event.type !== "thinking") continue;
    const last = parts.at(-1);
    if (last?.[0] === event.type) last[1] += event.text;
    else parts.push([event.type, event.text]);
  }
  return parts;
}

/** Every way to cut a text into three pieces. */
function* cuts(text: string): Generator<string[]> {
  for (let first = 0; first <= text.length; first++) {
    for (let second = first; second <= text.length; second++) {
      yield [text.slice(0, first), text.slice(first, second), text.slice(second)];
    }
  }
}

test.each<[string, ReasoningTags, [string, string][]]>([
  ["plain", gptOssTags, [["token", "plain"]]],
  [
    "<reasoning>a</reasoning>b",
    gptOssTags,
    [
      ["thinking", "a"],
      ["token", "b"],
    ],
  ],
  [
    "x<reasoning>a</reasoning>y<reasoning>b</reasoning>",
    gptOssTags,
    [
      ["token", "x"],
      ["thinking", "a"],
      ["token", "y"],
      ["thinking", "b"],
    ],
  ],
  [
    "<<reasoning>a<</reasoning>",
    gptOssTags,
    [
      ["token", "<"],
      ["thinking", "a<"],
    ],
  ],
  ["<reasonin", gptOssTags, [["token", "<reasonin"]]],
  ["<reasoning>never closed</reas", gptOssTags, [["thinking", "never closed</reas"]]],
  ["</reasoning>b", gptOssTags, [["token", "</reasoning>b"]]],
  [
    "a</think>b",
    deepSeekTags,
    [
      ["thinking", "a"],
      ["token", "b"],
    ],
  ],
  [
    "<think>a</think>b",
    deepSeekTags,
    [
      ["thinking", "a"],
      ["token", "b"],
    ],
  ],
  [
    "a</think>b<think>c</think>",
    deepSeekTags,
    [
      ["thinking", "a"],
      ["token", "b<think>c</think>"],
    ],
  ],
  ["</think>b", deepSeekTags, [["token", "b"]]],
  ["<thin", deepSeekTags, [["thinking", "<thin"]]],
  ["", deepSeekTags, []],
])("%j at every cut", (text, tags, expected) => {
  for (const pieces of cuts(text)) expect(split(pieces, tags)).toEqual(expected);
});

test("no text is lost or added, however it is cut (property)", () => {
  const fragment = fc.oneof(
    fc.constantFrom("<reasoning>", "</reasoning>", "<", "</", "<reason", "ing>", "<<"),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(fragment), (pieces) => {
      const whole = split([pieces.join("")], gptOssTags);
      expect(split(pieces, gptOssTags)).toEqual(whole);
      expect(whole.map(([, text]) => text).join("").length).toBeLessThanOrEqual(
        pieces.join("").length,
      );
    }),
  );
});
