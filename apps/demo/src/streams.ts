/** Where the demo keeps what on the durable streams server. */
export interface StreamUrls {
  /** The turns that were asked for: a JSON stream of {@link TurnRequest}. */
  readonly turns: string;
  /** One entry for every worker that ever started; its number is the worker's epoch. */
  readonly workers: string;
  /** The events of one agent: a JSON stream of agent events. */
  agent(id: string): string;
}

/** One question to an agent, as the web server hands it to the worker. */
export interface TurnRequest {
  readonly agentId: string;
  readonly turnId: string;
  readonly prompt: string;
}

/** `streamsUrl` is the durable streams server's, `namespace` keeps runs on a shared server apart. */
export function streamUrls(streamsUrl: string, namespace: string): StreamUrls {
  const base = `${streamsUrl.replace(/\/+$/, "")}/${namespace}`;
  return {
    turns: `${base}/turns`,
    workers: `${base}/workers`,
    agent: (id) => `${base}/agents/${id}`,
  };
}
