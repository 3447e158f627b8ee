/** How often to check that the parent process still exists, in milliseconds. */
const parentCheckMs = 500;

/**
 * Returns a signal that aborts on Ctrl-C, on SIGTERM, and when the process that started this one has
 * ended: npm and a shell stand between a terminal and this process, and not all of them pass a signal on.
 */
export function abortOnInterrupt(): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => controller.abort(new Error("Interrupted."));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupt);
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) interrupt();
  }, parentCheckMs).unref();
  return controller.signal;
}
