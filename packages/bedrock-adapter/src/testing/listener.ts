/** A fake that listens. */
export interface Listener {
  /** Such as `http://127.0.0.1:4437`. */
  url: string;
  /** Closes the socket and every connection. */
  close: () => Promise<void>;
}
