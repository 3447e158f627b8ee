/** The URLs of the demo's durable streams. */
export interface StreamUrls {
  /** The requests to the worker: a JSON stream of `Command`. */
  readonly turns: string;
  /** One entry for every worker that ever started; its number is the worker's epoch. */
  readonly workers: string;
  /** The captured responses: a JSON stream of summaries; each body is a stream of its own. */
  readonly captures: string;
  /** The events of one agent: a JSON stream of agent events. */
  agent(id: string): string;
  /** A response body of Bedrock, byte by byte as it was received. */
  capture(id: string): string;
}

/** `streamsUrl` is the durable streams server; `namespace` keeps runs on a shared server apart. */
export function streamUrls(streamsUrl: string, namespace: string): StreamUrls {
  const base = `${streamsUrl.replace(/\/+$/, "")}/${namespace}`;
  return {
    turns: `${base}/turns`,
    workers: `${base}/workers`,
    captures: `${base}/captures`,
    agent: (id) => `${base}/agents/${id}`,
    capture: (id) => `${base}/captures/${id}`,
  };
}

/** Retries that outlast a restart of the durable streams server, which takes a second or two. */
export const restartRetry = { initialDelayMs: 50, maxDelayMs: 500, maxRetries: 240 } as const;
