/** 32 random bits as a whole number. */
export function random32(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}

/** A text of 128 random bits. `crypto.randomUUID` is missing on http pages of browsers. */
export function randomId(): string {
  const words = crypto.getRandomValues(new Uint32Array(4));
  return Array.from(words, (word) => word.toString(16).padStart(8, "0")).join("");
}
