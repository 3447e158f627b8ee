const warned = new Set<string>();

/** Logs a warning unless one with this key was logged before. */
export function warnOnce(key: string, message: string): void {
  if (warned.has(key)) return;
  warned.add(key);
  console.warn(`[durable-streams-client] ${message}`);
}
