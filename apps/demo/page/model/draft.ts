const key = "draft";

/** Keeps a prompt for the composer of the page that is opened next. */
export function keepDraft(prompt: string): void {
  sessionStorage.setItem(key, prompt);
}

/** Returns the prompt that was kept, once. */
export function takeDraft(): string | undefined {
  const draft = sessionStorage.getItem(key) ?? undefined;
  sessionStorage.removeItem(key);
  return draft;
}
