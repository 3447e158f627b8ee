/**
 * Arrays in PostgreSQL's text form, for `$1::text::bigint[]`. A driver that looks up the types of arrays
 * queries the catalog first, at the cost of poolers and fresh connections.
 */

export function numbersLiteral(values: readonly (number | null)[]): string {
  return `{${values.map((value) => value ?? "NULL").join(",")}}`;
}

export function textsLiteral(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replace(/["\\]/g, "\\$&")}"`).join(",")}}`;
}

export function bytesLiteral(values: readonly Uint8Array[]): string {
  const hex = (value: Uint8Array) =>
    Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex");
  return `{${values.map((value) => `"\\\\x${hex(value)}"`).join(",")}}`;
}
