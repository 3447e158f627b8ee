import { connectAgentStream } from "@freshet/agent-sse";
import type { AgentEvent } from "@freshet/core";
import { Tally, type TallySummary } from "../protocol/tally.ts";
import { runService } from "./service.ts";

/** What to read, once it exists: the agent's events, behind the proxy that cuts. */
export interface ReadCommand {
  readonly url: string;
}

export type ReaderReport =
  | { kind: "event"; event: AgentEvent }
  | { kind: "reconnected"; lastEventId: string | undefined }
  | { kind: "ended"; tally: TallySummary }
  | { kind: "failed"; message: string };

await runService((_config: object, report: (report: ReaderReport) => void) => {
  const stopping = new AbortController();
  return Promise.resolve({
    receive: (command) => void read((command as ReadCommand).url, report, stopping.signal),
    stop: () => stopping.abort(),
  });
});

async function read(
  url: string,
  report: (report: ReaderReport) => void,
  signal: AbortSignal,
): Promise<void> {
  const tally = new Tally();
  try {
    const events = connectAgentStream(url, {
      signal,
      retry: { initialDelayMs: 50, maxDelayMs: 500, maxRetries: 200 },
      onStateChange: (state) => {
        if (state.status !== "open" || state.reconnects === 0) return;
        report({ kind: "reconnected", lastEventId: state.lastEventId });
      },
    });
    for await (const { event, id } of events) {
      tally.add(event, id);
      report({ kind: "event", event });
    }
    report({ kind: "ended", tally: tally.summary() });
  } catch (error) {
    if (signal.aborted) return;
    report({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  }
}
