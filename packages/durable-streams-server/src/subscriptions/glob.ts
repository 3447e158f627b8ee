/**
 * Whether a path matches a pattern, segment by segment: `*` is any one segment, `**` any number of
 * them, including none. The time is at worst proportional to the product of their lengths.
 */
export function globMatches(pattern: string, path: string): boolean {
  const segments = path.split("/");
  // The numbers of segments that the pattern, as far as it was read, can match.
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
