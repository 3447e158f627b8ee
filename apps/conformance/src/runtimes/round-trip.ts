/** The servers that the test's own process runs, for what a runtime must do over real HTTP. */
export interface Servers {
  readonly bedrock: string;
  readonly streams: string;
  readonly events: string;
}

/** Uses one package as its users do; rejects if it does not get back what it put in. */
export type RoundTrip = (servers: Servers) => Promise<void>;

/** Throws if two values are not the same JSON. */
export function expectSame(actual: unknown, expected: unknown): void {
  const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (got !== wanted) throw new Error(`Expected ${wanted}, got ${got}.`);
}

export const words: readonly string[] = ["every ", "word, ", "„jedes“ ", "🌊 once"];
