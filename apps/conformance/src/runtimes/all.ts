import { agentSse } from "./agent-sse.ts";
import { bedrockAdapter } from "./bedrock-adapter.ts";
import { core } from "./core.ts";
import { durableStreamsClient } from "./durable-streams-client.ts";
import { durableStreamsServer } from "./durable-streams-server.ts";
import { eventstreamCodec } from "./eventstream-codec.ts";
import type { RoundTrip, Servers } from "./round-trip.ts";

const roundTrips: Readonly<Record<string, RoundTrip>> = {
  core,
  "eventstream-codec": eventstreamCodec,
  "bedrock-adapter": bedrockAdapter,
  "agent-sse": agentSse,
  "durable-streams-client": durableStreamsClient,
  "durable-streams-server": durableStreamsServer,
};

/** "ok", or what went wrong, by package. */
export type Outcomes = Record<string, string>;

/** The longest that a round trip may take, in milliseconds. */
const deadlineMs = 15_000;

/** Runs the round trip of every package in this runtime. */
export async function runAll(servers: Servers): Promise<Outcomes> {
  const outcomes: Outcomes = {};
  for (const [name, roundTrip] of Object.entries(roundTrips)) {
    outcomes[name] = await Promise.race([
      roundTrip(servers).then(
        () => "ok",
        (error: unknown) => describe(error),
      ),
      new Promise<string>((resolve) => {
        setTimeout(() => resolve(`no end within ${deadlineMs} ms`), deadlineMs);
      }),
    ]);
  }
  return outcomes;
}

function describe(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? `${String(error)} (${String(cause)})` : String(error);
}
