/**
 * Whether a path matches a pattern, segment by segment: `*` is any one segment, `**` any number of
 * them, none included. Takes time in proportion to the product of their lengths at worst.
 */
export function globMatches(pattern: string, path: string): boolean {
  const segments = path.split("/");
  // The indexes of segments that the pattern, as far as it was read, can have come to.
  let reached = new Set([0]);
  for (const part of pattern.split("/")) {
    const next = new Set<number>();
    for (const index of reached) {
      if (part === "**") for (let i = index; i <= segments.length; i++) next.add(i);
      else if (index < segments.length && (part === "*" || part === segments[index])) {
        next.add(index + 1);
      }
    }
    reached = next;
  }
  return reached.has(segments.length);
}
