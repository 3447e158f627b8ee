/** Decodes base64; throws a DOMException for anything else. */
export function fromBase64(base64: string): Uint8Array {
  return bytesOf(atob(base64));
}

/** The bytes of a string that has one character for each. */
export function bytesOf(binary: string): Uint8Array {
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** Joins the parts of a blob and writes them as base64. */
export function toBase64(...parts: readonly Uint8Array[]): string {
  let binary = "";
  for (const part of parts) {
    // In slices: a spread of a whole image would overflow the stack.
    for (let at = 0; at < part.length; at += 8192) {
      binary += String.fromCharCode(...part.subarray(at, at + 8192));
    }
  }
  return btoa(binary);
}
