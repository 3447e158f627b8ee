/**
 * Describes the first difference between an expected and an actual value. Additional fields are not a
 * difference: the AWS SDK drops fields that its model does not list, and ours keeps them.
 *
 * @returns where they differ, or `undefined` if they are equal
 */
export function describeDifference(
  expected: unknown,
  actual: unknown,
  path = "",
): string | undefined {
  if (Object.is(expected, actual)) return undefined;
  const where = path === "" ? "the value" : path;
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return `${where} is not a list`;
    if (expected.length !== actual.length) {
      return `${where} has ${actual.length} items, not ${expected.length}`;
    }
    return firstDifference(expected.keys(), (index) =>
      describeDifference(expected[index], actual[index], `${path}[${index}]`),
    );
  }
  if (!isRecord(expected))
    return `${where} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`;
  if (!isRecord(actual)) return `${where} is not an object`;
  return firstDifference(Object.keys(expected), (key) =>
    key in actual
      ? describeDifference(expected[key], actual[key], path === "" ? key : `${path}.${key}`)
      : `${where} lacks ${key}`,
  );
}

function firstDifference<Key>(
  keys: Iterable<Key>,
  describe: (key: Key) => string | undefined,
): string | undefined {
  for (const key of keys) {
    const difference = describe(key);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
