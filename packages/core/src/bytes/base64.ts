/** https://www.rfc-editor.org/rfc/rfc4648#section-4 */

/** Decodes base64; throws for anything else. White space is skipped, padding may be missing. */
export function fromBase64(base64: string): Uint8Array {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** Encodes bytes as base64, with padding. */
export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  // In slices: a spread of a whole image would overflow the stack.
  for (let at = 0; at < bytes.length; at += 8192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(binary);
}
