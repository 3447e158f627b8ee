/** For a promise that nobody waits for any more: what matters has been said elsewhere. */
export function ignoreRejection(): void {
  // Nothing to do: without a handler the process would end.
}
