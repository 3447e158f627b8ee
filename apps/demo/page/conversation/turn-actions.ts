/** What a person can do with a turn; missing where it is not possible (in a replay). */
export interface TurnActions {
  /** Continues in a new conversation after this position. */
  fork: (position: string) => void;
  /** Puts a prompt up for editing in a new conversation that ends before it. */
  forkBefore: (position: string | undefined, prompt: string) => void;
  askAgain: (prompt: string) => void;
}
