/** A measurement of a store. */
export interface StoreMetric {
  /** How far the clock of this machine is ahead of the database's; negative if it is behind. */
  readonly type: "clockDifference";
  readonly differenceMs: number;
}
