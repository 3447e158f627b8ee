/** What one append added to a stream. */
export interface AppendedRange {
  /** `Producer-Id`, if the request had one. */
  readonly producer: string | undefined;
  /** Of the stream. */
  readonly generation: number;
  readonly start: number;
  readonly end: number;
}
