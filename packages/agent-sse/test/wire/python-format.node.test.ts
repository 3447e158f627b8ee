import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AgentEvent } from "@freshet/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { AgentEventParser, formatAgentEvent } from "../../src/index.ts";
import { anyEvent, throughJson } from "../support/arbitrary-events.ts";

/** What the Python package does: the fields by json.dumps, the cost of `done` always as a float. */
const script = `
import json, sys
for line in open(sys.argv[1], encoding="utf-8"):
    event = json.loads(line)
    name = event.pop("type")
    if name == "done":
        event["total_cost_usd"] = float(event["total_cost_usd"])
    sys.stdout.write(f"event: {json.dumps(name)[1:-1]}\\ndata: {json.dumps(event, default=str)}\\n\\n")
`;

function python(events: readonly AgentEvent[]): string {
  const folder = mkdtempSync(join(tmpdir(), "freshet-python-"));
  try {
    const file = join(folder, "events.jsonl");
    writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(""));
    return execFileSync("python3", ["-c", script, file], {
      encoding: "utf8",
      maxBuffer: 256 * 1024 * 1024,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const hasPython = (() => {
  try {
    execFileSync("python3", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

// Where Python is missing, the recorded bytes of python-format.test.ts hold the format.
test.runIf(hasPython)(
  "the python format has the bytes of Python's json.dumps, and Python reads them, for any events",
  () => {
    const events = fc.sample(anyEvent, {
      numRuns: 5000,
      seed: Math.trunc(Math.random() * 2 ** 31),
    });
    const written = python(events);
    const ours = events.map((event) => formatAgentEvent(event, { format: "python" }));
    expect(ours.join("").split("\n\n")).toEqual(written.split("\n\n"));
    const parser = new AgentEventParser().push(new TextEncoder().encode(written));
    const read = parser.readBatch().map(({ event }) => event);
    expect(throughJson(read)).toEqual(throughJson(events));
  },
);
