/**
 * A controller that aborts with the first of `signals` that does, for its reason. `AbortSignal.any` would
 * be it, but on Node 20 its result can be collected as garbage while a fetch waits for it, which then never
 * hears of the abort. Abort it when it is not needed any more: that lets go of the signals.
 */
export function linkedAbort(...signals: readonly AbortSignal[]): AbortController {
  const linked = new AbortController();
  for (const signal of signals) {
    const abort = () => linked.abort(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true, signal: linked.signal });
  }
  return linked;
}
