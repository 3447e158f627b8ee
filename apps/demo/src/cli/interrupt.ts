/** How often to look whether the process that started this one is still there, in milliseconds. */
const parentCheckMs = 500;

/**
 * Aborts on Ctrl-C, on a polite kill, and when the process that started this one is gone: between a
 * terminal and this process stand npm and a shell, and not all of them pass a signal on.
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
