import type { AgentAnswer } from "./agent-event-writer.ts";

/** Reads one dialect: events or chunks in, agent events and facts into the answer. */
export interface ChunkReader<T> {
  read(chunk: T, answer: AgentAnswer): void;
  /** The answer is over; what was held back comes out. */
  end?(answer: AgentAnswer): void;
}
