import { connectAgentStream } from "@freshet/agent-sse";
import type { ReaderCommand, ReaderReport } from "../protocol/processes.ts";
import { Tally } from "../protocol/tally.ts";
import { runService } from "./service.ts";

await runService((_config: object, report: (report: ReaderReport) => void) => {
  const stopping = new AbortController();
  return Promise.resolve({
    receive: (command) => void read((command as ReaderCommand).url, report, stopping.signal),
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
