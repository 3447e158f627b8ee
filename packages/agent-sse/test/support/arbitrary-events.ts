import type { AgentEvent } from "@freshet/core";
import fc from "fast-check";
import { agentEvent } from "../../src/index.ts";

/** Text with everything that has broken a stream: line ends, NUL, separators, byte order marks, lone surrogates. */
export const nastyText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        "\0",
        "\u2028",
        "\u2029",
        "\u0085",
        "\ufeff",
        "\ud800",
        "\udc00",
        "data: x\n\n",
        "event: done\n",
        '"',
        "\\",
        "null",
        "\u007f",
        "é",
        "😀",
      ),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(""));

const details = fc.dictionary(nastyText, fc.jsonValue({ noUnicodeString: false }));
const number = fc.oneof(fc.integer(), fc.double({ noDefaultInfinity: true, noNaN: true }));
const count = fc.nat();

/** Any event, with nasty text in every field. */
export const anyEvent: fc.Arbitrary<AgentEvent> = fc.oneof(
  nastyText.map((text) => agentEvent.token(text)),
  nastyText.map((text) => agentEvent.thinking(text)),
  fc.tuple(nastyText, nastyText, nastyText).map((args) => agentEvent.toolUse(...args)),
  fc
    .tuple(nastyText, nastyText, nastyText, number, fc.boolean())
    .map(([name, id, outputSummary, durationMs, isError]) =>
      agentEvent.toolResult(name, id, { outputSummary, durationMs, isError }),
    ),
  fc.tuple(count, count).map((args) => agentEvent.turn(...args)),
  fc
    .tuple(nastyText, number, nastyText, fc.option(details, { nil: undefined }))
    .map((args) => agentEvent.progress(...args)),
  fc
    .tuple(nastyText, count, nastyText, fc.array(fc.jsonValue()))
    .map(([type, n, toolUseId, items]) => agentEvent.creation(type, n, { toolUseId, items })),
  fc.tuple(nastyText, nastyText, nastyText).map((args) => agentEvent.toolInput(...args)),
  fc
    .tuple(nastyText, nastyText, nastyText)
    .map(([id, parentId, text]) => agentEvent.message(id, { role: "user", parentId, text })),
  fc
    .tuple(nastyText, nastyText, nastyText)
    .map(([id, title, excerpt]) => agentEvent.source(id, { title, excerpt })),
  fc.tuple(nastyText, nastyText).map((args) => agentEvent.file(...args)),
  fc.jsonValue().map((snapshot) => agentEvent.state({ snapshot })),
  fc.tuple(nastyText, nastyText).map((args) => agentEvent.approvalRequest(...args)),
  fc
    .tuple(nastyText, fc.boolean(), nastyText)
    .map(([id, approved, by]) => agentEvent.approval(id, approved, { by })),
  fc.tuple(nastyText, nastyText).map((args) => agentEvent.stopped(...args)),
  fc.tuple(nastyText, nastyText, details).map((args) => agentEvent.error(...args)),
  fc
    .tuple(nastyText, nastyText, number, count)
    .map(([messageId, model, totalCostUsd, numTurns]) =>
      agentEvent.done({ messageId, model, totalCostUsd, numTurns }),
    ),
);

/** A value as JSON carries it: -0 becomes 0. */
export function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
