/**
 * Makes `await using` work on a class that is declared as an AsyncGenerator, on platforms that know it.
 * The symbol is not part of ES2022, so the class cannot name it itself.
 */
export function addAsyncDispose(prototype: { return: () => Promise<unknown> }): void {
  const { asyncDispose } = Symbol as { asyncDispose?: symbol };
  if (!asyncDispose) return;
  Object.defineProperty(prototype, asyncDispose, {
    async value(this: typeof prototype) {
      await this.return();
    },
  });
}
