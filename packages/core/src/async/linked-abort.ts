/**
 * A controller that aborts with the first of `signals` that does, for its reason. Abort it yourself when
 * it is not needed any more: that lets go of the signals.
 *
 * `AbortSignal.any` would be it, but on Node 20 its result, or an `AbortSignal.timeout` in it, can be
 * collected as garbage while something waits for the abort, which then never comes.
 */
export function linkedAbort(...signals: readonly (AbortSignal | undefined)[]): AbortController {
  const linked = new AbortController();
  for (const signal of signals) {
    const abort = () => {
      linked.abort(signal?.reason);
    };
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true, signal: linked.signal });
  }
  return linked;
}
