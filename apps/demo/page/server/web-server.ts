import type {
  CaptureSummary,
  ConversationSummary,
  CreatedConversation,
  FaultCommand,
  Status,
  StoredEvent,
} from "../../src/protocol/api.ts";

/** The web server refused a request or could not be reached; the message is shown on screen. */
export class ServerError extends Error {
  override readonly name: string = "ServerError";
  /** The HTTP status; 0 if there was no response. */
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

async function request(path: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (cause) {
    throw new ServerError(0, "The web server does not respond. It may be restarting: try again.", {
      cause,
    });
  }
  if (response.ok) return response;
  const body: unknown = await response.json().catch(() => undefined);
  const message =
    body && typeof body === "object" && "error" in body ? String(body.error) : response.statusText;
  throw new ServerError(response.status, message);
}

async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await request(path, signal ? { signal } : {})).json()) as T;
}

async function postJson<T>(path: string, body: unknown): Promise<T> {
  const headers = { "content-type": "application/json" };
  const response = await request(path, { method: "POST", headers, body: JSON.stringify(body) });
  return (await response.json()) as T;
}

/** The web server's routes. All reject with a {@link ServerError}. */
export const webServer = {
  eventsUrl: (id: string): string => `/agents/${id}/events`,
  conversations: (signal?: AbortSignal): Promise<ConversationSummary[]> =>
    getJson("/agents", signal),
  createConversation: (prompt: string): Promise<CreatedConversation> =>
    postJson("/agents", { prompt }),
  addTurn: (id: string, prompt: string): Promise<{ turn_id: string }> =>
    postJson(`/agents/${id}/turns`, { prompt }),
  stop: (id: string): Promise<unknown> => postJson(`/agents/${id}/stop`, {}),
  fork: (id: string, position: string): Promise<CreatedConversation> =>
    postJson(`/agents/${id}/fork`, { position }),
  transcript: (id: string, signal?: AbortSignal): Promise<StoredEvent[]> =>
    getJson(`/agents/${id}/transcript?ids`, signal),
  written: (id: string, signal?: AbortSignal): Promise<{ written: number }> =>
    getJson(`/agents/${id}/written`, signal),
  status: (signal?: AbortSignal): Promise<Status> => getJson("/status", signal),
  injectFault: (command: FaultCommand): Promise<Status> => postJson("/faults", command),
  captures: (signal?: AbortSignal): Promise<CaptureSummary[]> => getJson("/captures", signal),
  capture: async (id: string, signal?: AbortSignal): Promise<Uint8Array> =>
    new Uint8Array(
      await (await request(`/captures/${id}`, signal ? { signal } : {})).arrayBuffer(),
    ),
};
