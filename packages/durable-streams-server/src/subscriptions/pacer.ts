/** How long a slice of work lasts, in milliseconds. */
const SLICE_MS = 5;
/** How many times as long as the slice before it a pause is. */
const PAUSE_FACTOR = 19;
const MAX_PAUSE_MS = 1000;

/** Lets background work have a twentieth of the time, in slices so short that nothing waits behind one. */
export class Pacer {
  #sliceStart = performance.now();

  /** Whether it is time to {@link pause}. */
  get isDue(): boolean {
    return performance.now() - this.#sliceStart >= SLICE_MS;
  }

  async pause(): Promise<void> {
    const pauseMs = Math.min(PAUSE_FACTOR * (performance.now() - this.#sliceStart), MAX_PAUSE_MS);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    this.#sliceStart = performance.now();
  }
}
