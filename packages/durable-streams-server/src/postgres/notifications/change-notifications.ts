import { ChangeHub } from "../../store/change-hub.ts";
import type { Database } from "../connection/database.ts";
import { NotifyChannel } from "./notify-channel.ts";
import { pathKey } from "./path-key.ts";
import { TailPoller } from "./tail-poller.ts";

/** A payload of NOTIFY ends at 8,000 bytes. After changes of more streams than this all readers wake. */
const MAX_KEYS = 900;
const ALL_STREAMS = "*";

/** The NOTIFY of a batch. With an empty payload none is sent. */
export interface Notification {
  readonly channel: string;
  readonly payload: string;
}

/**
 * Notifies live readers of changes: those of this process directly, those of others by NOTIFY. Where a
 * pooler breaks LISTEN, each process polls the tails of the streams that have readers.
 */
export class ChangeNotifications {
  /** Tells processes apart: none listens to itself. */
  #sender: string = newSender();
  readonly #hub = new ChangeHub();
  readonly #channel: NotifyChannel;
  readonly #poller: TailPoller | undefined;

  /** @param pollIntervalMs - polls at this interval instead of listening */
  constructor(database: Database, pollIntervalMs: number | undefined) {
    this.#channel = new NotifyChannel(database.pool, database.schema, {
      onPayload: (payload) => this.#receive(payload),
      onGap: () => this.#hub.notifyAll(),
    });
    if (pollIntervalMs === undefined) return;
    const onChange = (path: string) => this.#hub.notify(pathKey(path));
    this.#poller = new TailPoller(database, pollIntervalMs, onChange);
  }

  /** @returns a function that removes the listener */
  subscribe(path: string, listener: () => void): () => void {
    const unwatch = this.#poller?.watch(path);
    if (!this.#poller) this.#channel.listen();
    const unsubscribe = this.#hub.subscribe(pathKey(path), listener);
    return () => {
      unsubscribe();
      unwatch?.();
    };
  }

  /** Notifies the readers of this process. */
  notify(paths: Iterable<string>): void {
    for (const path of paths) this.#hub.notify(pathKey(path));
  }

  /** What to send to other processes together with changes at these paths. */
  notificationOf(paths: ReadonlySet<string>): Notification {
    const channel = this.#channel.name;
    if (paths.size === 0 || this.#poller) return { channel, payload: "" };
    const keys = paths.size > MAX_KEYS ? ALL_STREAMS : [...paths].map(pathKey).join(",");
    return { channel, payload: `${this.#sender}:${keys}` };
  }

  /**
   * Makes this process listen to what it sent so far. For a batch that was given up and may still be
   * committed: its readers here learn of it as those elsewhere do.
   */
  expectOwnNotifications(): void {
    this.#sender = newSender();
  }

  async close(): Promise<void> {
    this.#poller?.stop();
    await this.#channel.close();
  }

  #receive(payload: string): void {
    const [sender, keys = ""] = payload.split(":");
    if (sender === this.#sender) return;
    if (keys === ALL_STREAMS) this.#hub.notifyAll();
    else for (const key of keys.split(",")) this.#hub.notify(key);
  }
}

function newSender(): string {
  return crypto.randomUUID().slice(0, 8);
}
