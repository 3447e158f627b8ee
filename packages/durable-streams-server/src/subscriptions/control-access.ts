/** What a subscription does to streams, and whoever manages it to the subscription. */
export interface ControlOperation {
  readonly operation: "subscribe" | "read" | "append";
  /** The path of the stream; for `subscribe` the id of the subscription, empty for a list of them. */
  readonly path: string;
  /** For streams: the id of the subscription. */
  readonly subscription?: string | undefined;
}

/** What the server's authorization lets a control request do. */
export interface ControlAccess {
  /** Throws the refusal unless the operation is allowed. */
  expect(what: ControlOperation): Promise<void>;
  allows(what: ControlOperation): Promise<boolean>;
}
