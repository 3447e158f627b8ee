/** SHA-256 of every event as one line of JSON, in hex: two readers that saw the same have the same. */
export async function fingerprint(events: readonly unknown[]): Promise<string> {
  const text = events.map((event) => `${JSON.stringify(event)}\n`).join("");
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
