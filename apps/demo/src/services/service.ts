/**
 * Each part of the demo that would be a server of its own is a process of its own. This is the child's
 * side: it takes its configuration as JSON in argv, reports over IPC when it is ready, and exits as soon
 * as its parent has ended, for whatever reason.
 */
import type { ServiceMessage } from "../protocol/processes.ts";

/** A started service; `url` if it is a server. */
export interface RunningService {
  url?: string;
  /** Called with each later message of the parent. */
  receive?(message: unknown): void;
  /** Called on SIGTERM, before the process exits. */
  stop?(): void | Promise<void>;
  /** Called when the parent has died: synchronous, the last thing that happens. */
  abandon?(): void;
}

/** Starts a service with its parent's configuration; `report` sends the parent a report. */
export type StartService<Config, Report> = (
  config: Config,
  report: (report: Report) => void,
) => Promise<RunningService>;

/** Runs `start` as the one purpose of this process. */
export async function runService(start: StartService<never, unknown>): Promise<void> {
  const send = (message: ServiceMessage<unknown>) => void process.send?.(message);
  // The terminal's Ctrl-C reaches every process of the group; the parent decides when a child stops.
  process.on("SIGINT", () => undefined);
  let running: RunningService = {};
  process.on("disconnect", () => {
    running.abandon?.();
    process.exit();
  });
  process.on("SIGTERM", () => {
    void Promise.resolve(running.stop?.()).finally(() => process.exit());
  });
  try {
    const config = JSON.parse(process.argv[2] ?? "{}") as never;
    process.on("message", (message) => running.receive?.(message));
    running = await start(config, (report) => send({ kind: "report", report }));
    send(running.url === undefined ? { kind: "ready" } : { kind: "ready", url: running.url });
  } catch (error) {
    send({
      kind: "failed",
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    process.disconnect();
  }
}
