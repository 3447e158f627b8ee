/**
 * Escapes control characters, so that nothing from the wire can control the terminal. The escapes are
 * those of JSON, so JSON stays the same JSON.
 */
export function terminalText(text: string): string {
  return text.replace(
    /\p{Cc}/gu,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
