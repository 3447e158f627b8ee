import { parseArgs } from "node:util";

/** What the load is. */
export interface LoadOptions {
  readonly conversations: number;
  /** Tokens a second of each conversation. */
  readonly rate: number;
  /** How long each answer is measured, and how long one before it only warms the processes up. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** How long the worker gathers tokens, in milliseconds. */
  readonly batchMs: number;
  readonly server: string;
  /** How long the load is that the profiles are taken of; 0 for none. */
  readonly profileSeconds: number;
  /** Keeps the profiles in this folder. */
  readonly profileDir: string | undefined;
}

/**
 * `pnpm bench demo [--conversations 200] [--rate 50] [--seconds 10] [--warm-up 5] [--batch 50]
 * [--server freshet|reference] [--profile-seconds 5] [--profile-dir DIR]`
 */
export function loadOptions(args: readonly string[]): LoadOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      conversations: { type: "string", default: "200" },
      rate: { type: "string", default: "50" },
      seconds: { type: "string", default: "10" },
      "warm-up": { type: "string", default: "5" },
      batch: { type: "string", default: "50" },
      server: { type: "string", default: "freshet" },
      "profile-seconds": { type: "string", default: "5" },
      "profile-dir": { type: "string" },
    },
  });
  return {
    conversations: Number(values.conversations),
    rate: Number(values.rate),
    seconds: Number(values.seconds),
    warmUpSeconds: Number(values["warm-up"]),
    batchMs: Number(values.batch),
    server: values.server,
    profileSeconds: Number(values["profile-seconds"]),
    profileDir: values["profile-dir"],
  };
}
