import { hex } from "../model/hex.ts";

/** Hashes every event as one line of JSON with SHA-256, in hex: equal for two readers of the same events. */
export async function fingerprint(events: readonly unknown[]): Promise<string> {
  const text = events.map((event) => `${JSON.stringify(event)}\n`).join("");
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return hex(new Uint8Array(digest));
}
