import type { StreamsServer } from "../protocol/processes.ts";

/** What the pipeline is made of; the command line's options extend it. */
export interface PipelineOptions {
  /** A captured Bedrock response body that is replayed as the response. */
  readonly replay: string | undefined;
  readonly seed: number;
  /** The simulated model's tokens per second. */
  readonly pace: number;
  /** Whether there is a run in the terminal, which counts and hashes every event. */
  readonly run: boolean;
  /** Whether the demo ends after the run and serves no page. */
  readonly once: boolean;
  /** A model of the real Bedrock, called with the environment's credentials. */
  readonly model: string | undefined;
  readonly region: string;
  /** An existing durable streams server to use instead of starting one. */
  readonly streamsUrl: string | undefined;
  /** Which durable streams server is started. */
  readonly streamsServer: StreamsServer;
  /** An existing simulated Bedrock to use instead of starting one. */
  readonly bedrockUrl: string | undefined;
  /** How long tokens are gathered before they are written, in milliseconds. */
  readonly batchMs: number;
  /** How many turns may run at the same time. */
  readonly maxTurns: number;
}
