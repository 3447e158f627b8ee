/** The state of a reading; see the `onStatus` option of `stream()`. */
export type StreamStatus =
  /** It connects, for the first time or again, or reads on towards the tail. */
  | { readonly state: "connecting" }
  /** It has reached the tail and follows the stream. */
  | { readonly state: "live" }
  /** An attempt has failed and is repeated; `attempt` is 1 for the first retry in a row. */
  | { readonly state: "retrying"; readonly error: unknown; readonly attempt: number };

/** Called with each change of the state, and with each retry. */
export type StatusListener = (status: StreamStatus) => void;

/** Reports the states of a reading, each change once. */
export class StatusReporter {
  readonly #listener: StatusListener | undefined;
  #state: StreamStatus["state"] | undefined;

  constructor(listener: StatusListener | undefined) {
    this.#listener = listener;
  }

  connecting(): void {
    this.#change("connecting");
  }

  live(): void {
    this.#change("live");
  }

  readonly retrying = (error: unknown, attempt: number): void => {
    this.#state = "retrying";
    this.#listener?.({ state: "retrying", error, attempt });
  };

  #change(state: "connecting" | "live"): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#listener?.({ state });
  }
}
