/** What the tests of the kit throw; test runners show `actual` and `expected` side by side. */
export class StoreTestError extends Error {
  override readonly name: string = "StoreTestError";
  readonly actual: unknown;
  readonly expected: unknown;

  constructor(message: string, actual?: unknown, expected?: unknown) {
    super(message);
    this.actual = actual;
    this.expected = expected;
  }
}

interface Assert {
  ok(value: unknown, message?: string): asserts value;
  equal<T>(actual: unknown, expected: T, message?: string): asserts actual is T;
  notEqual(actual: unknown, expected: unknown, message?: string): void;
  deepEqual<T>(actual: unknown, expected: T, message?: string): asserts actual is T;
  rejects(promise: Promise<unknown>, error: { readonly code: string }): Promise<void>;
}

/** The assertions of the kit, which runs wherever a store does: Node's own are only in Node. */
export const assert: Assert = {
  ok(value, message = "Expected a condition to hold.") {
    if (!value) throw new StoreTestError(message, value, true);
  },

  equal(actual, expected, message) {
    if (!Object.is(actual, expected)) throw differs(actual, expected, message);
  },

  notEqual(actual, expected, message = `Expected another value than ${show(expected)}.`) {
    if (Object.is(actual, expected)) throw new StoreTestError(message, actual);
  },

  deepEqual(actual, expected, message) {
    if (!isDeepEqual(actual, expected)) throw differs(actual, expected, message);
  },

  async rejects(promise, { code }) {
    const error: unknown = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    const actual = isObject(error) ? error["code"] : undefined;
    if (actual !== code) throw differs(actual, code, `Expected a rejection with code ${code}.`);
  },
};

function differs(actual: unknown, expected: unknown, message?: string): StoreTestError {
  const difference = `expected ${show(expected)}, got ${show(actual)}`;
  return new StoreTestError(
    message === undefined ? difference : `${message}: ${difference}`,
    actual,
    expected,
  );
}

function show(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  return value === undefined ? "undefined" : JSON.stringify(value);
}

/** Whether two values have the same class and the same own fields, at every depth. */
function isDeepEqual(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (!isObject(one) || !isObject(other)) return false;
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isDeepEqual(one[key], other[key]))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
