/** What to tell the person at the screen. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
