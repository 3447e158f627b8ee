import type { AgentEventWriter } from "./agent-event-writer.ts";

/** Reads the events or chunks of one dialect and writes what they mean. */
export interface ChunkReader<T> {
  read(chunk: T, out: AgentEventWriter): void;
  /** Ends the response: writes what was held back. */
  end?(out: AgentEventWriter): void;
}
