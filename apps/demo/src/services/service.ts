/**
 * Each part of the demo that would be a server of its own is a process of its own. This is the side of
 * the child: it takes its configuration as JSON in argv, says over IPC when it is ready, and is gone as
 * soon as its parent is, however that one ended.
 */

/** What the processes tell the one that started them. */
export type ServiceMessage<Report> =
  | { kind: "ready"; url?: string }
  | { kind: "failed"; message: string }
  | { kind: "report"; report: Report };

/** What a started service is; `url` where it listens. */
export interface RunningService {
  url?: string;
  /** Called with what the parent sends later. */
  receive?(message: unknown): void;
  /** Called when the process is told to stop, before it exits. */
  stop?(): void | Promise<void>;
  /** Called when the parent has died: synchronous, the last thing that happens. */
  abandon?(): void;
}

/** Starts a service with what its parent configured; `report` tells the parent what happens. */
export type StartService<Config, Report> = (
  config: Config,
  report: (report: Report) => void,
) => Promise<RunningService>;

/** Runs `start` as this process's one purpose. */
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
