/** The most `**` that a pattern may have. */
export const MAX_DEEP_WILDCARDS = 8;

/**
 * Whether a path matches a pattern, segment by segment: `*` is any one segment, `**` any number of
 * them, including none. The time is at worst proportional to the product of their segments.
 */
export function globMatches(pattern: string, path: string): boolean {
  const segments = path.split("/");
  // At n: whether the pattern, as far as it was read, matches the first n segments.
  const reached = new Uint8Array(segments.length + 1);
  reached[0] = 1;
  for (const part of pattern.split("/")) {
    const first = reached.indexOf(1);
    if (first < 0) return false;
    if (part === "**") reached.fill(1, first);
    else stepOver(part, segments, reached);
  }
  return reached[segments.length] === 1;
}

function stepOver(part: string, segments: readonly string[], reached: Uint8Array): void {
  for (let n = segments.length; n > 0; n--) {
    const isStep = reached[n - 1] === 1 && (part === "*" || part === segments[n - 1]);
    reached[n] = isStep ? 1 : 0;
  }
  reached[0] = 0;
}

/** The segments of a pattern before its first wildcard. */
export function literalSegments(pattern: string): string[] {
  const segments = pattern.split("/");
  const wildcard = segments.findIndex((part) => part === "*" || part === "**");
  return wildcard < 0 ? segments : segments.slice(0, wildcard);
}

export function deepWildcards(pattern: string): number {
  return pattern.split("/").filter((part) => part === "**").length;
}
