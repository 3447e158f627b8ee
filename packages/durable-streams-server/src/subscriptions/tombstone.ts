/**
 * What is left of a deleted subscription: its generation, so that one with the same id never goes back
 * behind it and workers of the old one stay fenced off.
 */
import type { DocumentStore } from "../store/store.ts";
import { restoreState, type SubscriptionState } from "./subscription-state.ts";

/** How long a tombstone stands, in milliseconds. Then its generation becomes the floor of all ids. */
export const TOMBSTONE_MS: number = 24 * 3600 * 1000;

const FLOOR_DOCUMENT = "subscription-generation-floor";

export interface Tombstone {
  readonly generation: number;
  readonly deletedAt: number;
}

/** Parses the document of a subscription. */
export function parseDocument(value: string): SubscriptionState | Tombstone {
  const parsed = JSON.parse(value) as SubscriptionState | Tombstone;
  return isTombstone(parsed) ? parsed : restoreState(parsed);
}

export function isTombstone(document: SubscriptionState | Tombstone): document is Tombstone {
  return "deletedAt" in document;
}

/** The generation after which every new subscription begins. */
export async function readFloor(documents: DocumentStore): Promise<number> {
  return Number((await documents.get(FLOOR_DOCUMENT))?.value ?? "0");
}

export async function raiseFloor(documents: DocumentStore, generation: number): Promise<void> {
  for (;;) {
    const floor = await documents.get(FLOOR_DOCUMENT);
    if (Number(floor?.value ?? "0") >= generation) return;
    const value = String(generation);
    if ((await documents.set(FLOOR_DOCUMENT, value, floor?.version)) !== undefined) return;
  }
}
