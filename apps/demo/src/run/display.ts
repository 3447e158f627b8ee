import type { DemoEvent } from "../protocol/events.ts";

/** Shows a run while it happens. */
export interface Display {
  note(text: string): void;
  event(event: DemoEvent): void;
  reconnected(position: string | undefined): void;
  fault(description: string): void;
}
