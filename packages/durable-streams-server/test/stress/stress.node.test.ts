import { beforeAll, expect, test } from "vitest";
import type { Finding } from "../../src/testing/check-streams.ts";
import { buildCommand } from "../support/server-process.ts";
import { stress } from "./stress.ts";

beforeAll(buildCommand, 120_000);

/** `pnpm stress:server` runs for longer, with more servers and other seeds. */
const SECONDS = 5;

test.concurrent.each([
  ["two servers on one PostgreSQL", { store: "postgres", servers: 2 }],
  ["one server on LMDB", { store: "lmdb", servers: 1 }],
] as const)(
  "%s, killed and paused, respond as one that does one request after the other",
  async (_, where) => {
    const { rounds } = await stress({ ...where, seed: 1, seconds: SECONDS, longPauses: false });
    const found = (kind: Finding["kind"]) =>
      rounds.flatMap(({ seed, findings }) =>
        findings.flatMap((each) => (each.kind === kind ? `seed ${seed}: ${each.text}` : [])),
      );
    expect(found("anomaly").join("\n\n")).toBe("");
    // A search that is too long is rare; more than one says that the checker is not up to it.
    expect(found("undecided").length).toBeLessThan(2);
    expect(rounds.length).toBeGreaterThan(0);
  },
  60_000,
);
