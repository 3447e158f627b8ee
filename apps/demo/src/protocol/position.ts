/** Removes the zeros that pad a position, which mean nothing to a person: `3f_002100,4` → `3f_2100,4`. */
export function shortPosition(id: string): string {
  return id.replace(/(^|_)0+(?=\d)/g, "$1");
}

/** Returns the durable stream's own offset of a position; the rest counts the items after it. */
export function offsetOf(id: string): string {
  if (id.startsWith("-1,")) return "the start";
  return shortPosition(id.split(",")[0] ?? id);
}
