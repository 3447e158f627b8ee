import type { AsyncDisposableLike } from "@freshet/core";

/** A fake that is served over HTTP. */
export interface Listener extends AsyncDisposableLike {
  /** Such as `http://127.0.0.1:4437`. */
  url: string;
  /** Closes the server and every connection. */
  close: () => Promise<void>;
}
