import { beforeAll, expect, test } from "vitest";
import { buildCommand } from "../support/server-process.ts";
import { stress } from "./stress.ts";

beforeAll(buildCommand, 120_000);

/** `pnpm stress:server` runs for longer, with more servers and other seeds. */
const SECONDS = 4;

test.concurrent.each([
  ["two servers on one PostgreSQL", { store: "postgres", servers: 2 }],
  ["one server on LMDB", { store: "lmdb", servers: 1 }],
] as const)(
  "%s, killed and paused, respond as one that does one request after the other",
  async (_, where) => {
    const { rounds } = await stress({ ...where, seed: 1, seconds: SECONDS, longPauses: false });
    const wrong = rounds.flatMap(({ seed, findings }) =>
      findings.flatMap(({ kind, text }) =>
        kind === "known failure" ? [] : `seed ${seed}: ${text}`,
      ),
    );
    expect(wrong.join("\n\n")).toBe("");
    expect(rounds.length).toBeGreaterThan(0);
  },
  60_000,
);
