import { agentStreamResponse } from "@freshet/agent-sse";
import {
  DurableStreamError,
  InvalidOptionError,
  StreamNotFoundError,
} from "@freshet/durable-streams-client";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { CreatedConversation, FaultCommand, Status } from "../protocol/api.ts";
import { listCaptures, readCapture } from "../streams/captures.ts";
import type { StreamUrls } from "../streams/stream-urls.ts";
import { BusyError, Conversations } from "./conversations.ts";
import { parseFaultCommand } from "./fault-command.ts";
import { guard, pageHeaders } from "./guard.ts";
import { missingPage, pageFiles } from "./page-files.ts";

const idPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const maxBodyBytes = 64 * 1024;

/** Access to the process that can inject faults; missing where no page is served. */
export interface FaultControl {
  /** Returns the newest status received. */
  status(): Status | undefined;
  /** Injects a fault and resolves to the status after it. */
  inject(command: FaultCommand): Promise<Status>;
}

export interface AppOptions {
  /** Without it no fault can be injected, and there is no status. */
  control?: FaultControl;
  /** How many turns may run or wait; further prompts are refused. Default 64. */
  maxTurns?: number;
}

/** Creates the web server's routes. They hold no state: after a kill and a restart nothing is missing. */
export function createApp(urls: StreamUrls, options: AppOptions = {}): Hono {
  const { control, maxTurns = 64 } = options;
  const isFull = () => (control?.status()?.turns ?? 0) >= maxTurns;
  const app = new Hono();
  const conversations = new Conversations(urls);
  app.use(guard, pageHeaders, bodyLimit({ maxSize: maxBodyBytes, onError: tooLarge }));
  app.use("/agents/:id/*", checkId);

  app.get("/agents", async (c) => c.json(await conversations.list()));
  app.post("/agents", async (c) => {
    const prompt = await promptOf(c);
    if (isFull()) return c.json({ error: "Too many answers are running: wait a little." }, 429);
    return created(c, await conversations.create(prompt));
  });
  app.post("/agents/:id/turns", async (c) => {
    const prompt = await promptOf(c);
    if (isFull()) return c.json({ error: "Too many answers are running: wait a little." }, 429);
    return c.json({ turn_id: await conversations.addTurn(c.req.param("id"), prompt) }, 201);
  });
  app.post("/agents/:id/stop", async (c) => {
    await conversations.stop(c.req.param("id"));
    return c.json({ stopping: true }, 202);
  });
  app.post("/agents/:id/fork", async (c) => {
    const position = field(await c.req.json().catch(() => undefined), "position");
    if (!position) throw new InvalidOptionError('Send {"position": "…"} as JSON.');
    return created(c, await conversations.fork(c.req.param("id"), position));
  });

  app.get("/agents/:id/events", (c) => {
    // Reading resumes after any position that was an event's id, and without one starts at the beginning.
    const offset = c.req.header("last-event-id") ?? c.req.query("offset") ?? "-1";
    return streamEvents(conversations, c.req.param("id"), offset, c.req.raw.signal);
  });
  app.get("/agents/:id/transcript", async (c) => {
    const events = await conversations.read(c.req.param("id"));
    return c.json(c.req.query("ids") === undefined ? events.map(({ event }) => event) : events);
  });
  app.get("/agents/:id/written", async (c) =>
    c.json({ written: await conversations.count(c.req.param("id")) }),
  );

  addCaptureRoutes(app, urls);
  addFaultRoutes(app, control);

  app.get("*", pageFiles(), missingPage);
  app.notFound(notFound);
  app.onError(errorResponse);
  return app;
}

async function streamEvents(
  conversations: Conversations,
  id: string,
  offset: string,
  signal: AbortSignal,
): Promise<Response> {
  // A missing stream or a wrong position rejects here, as a response of its own, not within a stream.
  const events = await conversations.follow(id, offset, signal);
  return agentStreamResponse(events, { signal, resumable: true });
}

function addCaptureRoutes(app: Hono, urls: StreamUrls): void {
  app.get("/captures", async (c) => c.json(await listCaptures(urls)));
  app.get("/captures/:id", async (c) => {
    const id = c.req.param("id");
    if (!idPattern.test(id)) return notFound(c);
    const body = await readCapture(urls, id);
    return c.body(body as Uint8Array<ArrayBuffer>, 200, {
      "content-type": "application/vnd.amazon.eventstream",
    });
  });
}

function addFaultRoutes(app: Hono, control: FaultControl | undefined): void {
  app.get("/status", (c) => {
    const status = control?.status();
    return status ? c.json(status) : c.json({ error: "No status is known yet." }, 503);
  });
  app.post("/faults", async (c) => {
    if (!control) return notFound(c);
    const command = parseFaultCommand(await c.req.json().catch(() => undefined));
    if (!command) return c.json({ error: "Unknown fault." }, 400);
    return c.json(await control.inject(command), 202);
  });
}

/** Lets only ids of the form that this server creates into the URL of a stream. */
const checkId: MiddlewareHandler = async (c, next) => {
  return idPattern.test(c.req.param("id") ?? "") ? next() : notFound(c);
};

function created(c: Context, id: string): Response {
  const events = `/agents/${id}/events`;
  const body: CreatedConversation = { id, events, transcript: `/agents/${id}/transcript` };
  return c.json(body, 201, { location: events });
}

async function promptOf(c: Context): Promise<string> {
  const prompt = field(await c.req.json().catch(() => undefined), "prompt");
  if (!prompt) throw new InvalidOptionError('Send {"prompt": "…"} as JSON.');
  return prompt;
}

function field(body: unknown, name: string): string | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const value: unknown = (body as Record<string, unknown>)[name];
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

function notFound(c: Context): Response {
  return c.json({ error: "Not found." }, 404);
}

function tooLarge(c: Context): Response {
  return c.json({ error: `The request is too large: send at most ${maxBodyBytes} bytes.` }, 413);
}

function errorResponse(error: Error, c: Context): Response {
  if (error instanceof StreamNotFoundError) {
    return c.json({ error: "There is no such conversation." }, 404);
  }
  if (error instanceof InvalidOptionError) return c.json({ error: error.message }, 400);
  if (error instanceof BusyError) return c.json({ error: error.message }, 409);
  // An unknown position is the reader's mistake.
  if (error instanceof DurableStreamError && error.status === 400) {
    return c.json({ error: error.message }, 400);
  }
  console.error(error);
  return c.json(
    { error: "The durable streams server failed or returned an unexpected response." },
    502,
  );
}
