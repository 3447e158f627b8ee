/** What one append added to a stream. */
export interface AppendedRange {
  /** `Producer-Id`, if the request had one. */
  readonly producer: string | undefined;
  readonly start: number;
  readonly end: number;
}
