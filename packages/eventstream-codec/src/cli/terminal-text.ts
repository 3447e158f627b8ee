/** Text with its control characters spelled out: nothing that came over the wire may speak to a terminal. */
export function terminalText(text: string): string {
  return text.replace(
    /\p{Cc}/gu,
    (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
