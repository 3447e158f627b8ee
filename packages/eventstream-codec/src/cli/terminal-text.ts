/**
 * Text with its control characters spelled out: nothing that came over the wire may speak to a terminal.
 * Spelled out as JSON does, so that JSON stays the same JSON.
 */
export function terminalText(text: string): string {
  return text.replace(
    /\p{Cc}/gu,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
