/**
 * Makes `await using` work on what is declared as an AsyncGenerator, on platforms that know it. The
 * symbol is not part of ES2022, so a class cannot name it.
 */
export function addAsyncDispose(prototype: { return: () => Promise<unknown> }): void {
  const { asyncDispose } = Symbol as { asyncDispose?: symbol };
  if (!asyncDispose) return;
  Object.defineProperty(prototype, asyncDispose, {
    value(this: typeof prototype) {
      return this.return();
    },
  });
}
