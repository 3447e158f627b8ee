/** A change of the connection, for the timeline and the log. */
export interface ConnectionMark {
  readonly at: number;
  readonly kind: "open" | "lost";
  /** Where reading resumes. */
  readonly lastEventId: string | undefined;
}
