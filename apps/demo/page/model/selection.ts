import { useSyncExternalStore } from "react";

/** The event that the person points at, and where: in the text or in the table. */
export interface Selection {
  readonly index: number;
  readonly from: "text" | "table";
  /** Where the pointer is, for the note next to it. */
  readonly at?: { readonly x: number; readonly y: number };
}

let current: Selection | undefined;
const listeners = new Set<() => void>();

export function select(selection: Selection | undefined): void {
  const isSame =
    selection?.index === current?.index &&
    selection?.from === current?.from &&
    selection?.at?.x === current?.at?.x &&
    selection?.at?.y === current?.at?.y;
  if (isSame) return;
  current = selection;
  for (const listener of listeners) listener();
}

export function onSelect(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function selected(): Selection | undefined {
  return current;
}

export function useSelection(): Selection | undefined {
  return useSyncExternalStore(onSelect, selected);
}

/** Whether this event is selected: it changes for two rows at a time, not for all. */
export function useIsSelected(index: number): boolean {
  return useSyncExternalStore(onSelect, () => current?.index === index);
}
