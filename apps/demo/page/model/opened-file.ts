let file: File | undefined;

/** Returns the file that was opened last; it stays in this tab. */
export function openedFile(): File | undefined {
  return file;
}

export function openFile(opened: File): void {
  file = opened;
}
