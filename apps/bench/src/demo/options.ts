import { parseAreaOptions, UsageError, wholeNumber } from "../options.ts";

/** The load and how it is measured. */
export interface LoadOptions {
  readonly conversations: number;
  /** Tokens per second of each conversation. */
  readonly rate: number;
  /** How long each response is measured, in seconds. */
  readonly seconds: number;
  /** How long an unmeasured response before it warms the processes up, in seconds. */
  readonly warmUpSeconds: number;
  /** How long the worker gathers tokens, in milliseconds. */
  readonly batchMs: number;
  readonly server: string;
  /** How long the load lasts during which profiles are taken, in seconds; 0 for none. */
  readonly profileSeconds: number;
  /** The folder to keep the profiles in. */
  readonly profileDir: string | undefined;
}

/** Parses the options of `pnpm bench demo`; throws {@link UsageError}. */
export function loadOptions(args?: readonly string[]): LoadOptions {
  const values = parseAreaOptions(
    {
      conversations: { type: "string", default: "200" },
      rate: { type: "string", default: "50" },
      seconds: { type: "string", default: "10" },
      "warm-up": { type: "string", default: "5" },
      batch: { type: "string", default: "50" },
      server: { type: "string", default: "freshet" },
      "profile-seconds": { type: "string", default: "5" },
      "profile-dir": { type: "string" },
    },
    args,
  );
  const { server } = values;
  if (server !== "freshet" && server !== "reference") {
    throw new UsageError(`Invalid --server "${server}": expected freshet or reference.`);
  }
  return {
    conversations: wholeNumber("conversations", values.conversations),
    rate: wholeNumber("rate", values.rate),
    seconds: wholeNumber("seconds", values.seconds),
    warmUpSeconds: wholeNumber("warm-up", values["warm-up"], 0),
    batchMs: wholeNumber("batch", values.batch, 0),
    server,
    profileSeconds: wholeNumber("profile-seconds", values["profile-seconds"], 0),
    profileDir: values["profile-dir"],
  };
}
