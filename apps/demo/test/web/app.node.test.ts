import { DurableStreamTestServer } from "@durable-streams/server";
import { agentEvent } from "@freshet/agent-sse";
import { DurableStream } from "@freshet/durable-streams-client";
import type { Hono } from "hono";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FaultCommand, Status } from "../../src/protocol/api.ts";
import { streamUrls, type StreamUrls } from "../../src/streams/stream-urls.ts";
import { createApp } from "../../src/web/app.ts";

const contentType = "application/json";
const server = new DurableStreamTestServer({ port: 0 });
const commands: FaultCommand[] = [];
let urls: StreamUrls;
let app: Hono;
let turns = 0;

const status = (): Status => ({
  model: { kind: "scripted", id: "m", region: "r" },
  services: [],
  cutEveryBytes: 0,
  latencyMs: 0,
  turns,
  armedBedrockFault: null,
  reports: [],
});

beforeAll(async () => {
  urls = streamUrls(await server.start(), "test");
  for (const url of [urls.turns, urls.captures]) await DurableStream.create({ url, contentType });
  const inject = (command: FaultCommand) => {
    commands.push(command);
    return Promise.resolve(status());
  };
  app = createApp(urls, { control: { status, inject } });
});
afterAll(() => server.stop());

const host = "127.0.0.1:4000";

function send(path: string, init: RequestInit = {}, headers: Record<string, string> = {}) {
  return app.request(`http://${host}${path}`, { ...init, headers: { host, ...headers } });
}

function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  return send(path, { method: "POST", body: JSON.stringify(body) }, headers);
}

async function newConversation(): Promise<string> {
  const response = await post("/agents", { prompt: "How are you?" });
  expect(response.status).toBe(201);
  return ((await response.json()) as { id: string }).id;
}

test("writes from a page of another site are refused", async () => {
  for (const path of ["/agents", "/faults", "/agents/x/stop"]) {
    const response = await post(path, { prompt: "?" }, { origin: "http://evil.example" });
    expect(response.status).toBe(403);
  }
  const sandboxed = await post("/agents", { prompt: "?" }, { origin: "null" });
  expect(sandboxed.status).toBe(403);
  const own = await post("/agents", { prompt: "?" }, { origin: `http://${host}` });
  expect(own.status).toBe(201);
});

test("a foreign host name that resolves to loopback is refused, also for reading", async () => {
  const response = await send("/agents", {}, { host: "evil.example:4000" });
  expect(response.status).toBe(421);
  expect((await send("/agents", {}, { host: "localhost:4000" })).status).toBe(200);
});

test("a request body over the limit is refused", async () => {
  const response = await post("/agents", { prompt: "x".repeat(64 * 1024) });
  expect(response.status).toBe(413);
});

test.each([undefined, {}, { prompt: "" }, { prompt: " " }, { prompt: 7 }, []])(
  "a body without a prompt (%j) is refused",
  async (body) => {
    expect((await post("/agents", body)).status).toBe(400);
  },
);

test.each(["turns", "..%2f..%2fworkers", "0", "%00", "a/../../turns", "workers"])(
  "the id %s reaches no stream other than a conversation",
  async (id) => {
    for (const path of ["events", "transcript", "written"]) {
      expect((await send(`/agents/${id}/${path}`)).status).toBe(404);
    }
    expect((await send(`/captures/${id}`)).status).toBe(404);
  },
);

test("every route of an unknown conversation responds with status 404", async () => {
  const id = crypto.randomUUID();
  for (const path of ["events", "transcript", "written"]) {
    expect((await send(`/agents/${id}/${path}`)).status).toBe(404);
  }
  expect((await post(`/agents/${id}/turns`, { prompt: "?" })).status).toBe(404);
  expect((await post(`/agents/${id}/stop`, {})).status).toBe(404);
  expect(
    (await post(`/agents/${id}/fork`, { position: "0000000000000000_0000000000000001" })).status,
  ).toBe(404);
});

test("an invalid position is refused with status 400", async () => {
  const id = await newConversation();
  const headers = { "last-event-id": "no such position," };
  expect((await send(`/agents/${id}/events`, {}, headers)).status).toBe(400);
});

test("a conversation takes no prompt while a turn is running", async () => {
  const id = await newConversation();
  const agent = new DurableStream({ url: urls.agent(id), contentType });
  await agent.append({ type: "prompt", turn_id: "t", text: "How are you?" });
  expect((await post(`/agents/${id}/turns`, { prompt: "And?" })).status).toBe(409);
  await agent.append({ ...agentEvent.done({}), turn_id: "t" });
  expect((await post(`/agents/${id}/turns`, { prompt: "And?" })).status).toBe(201);
});

test("prompts beyond the limit of turns are refused", async () => {
  turns = 1000;
  expect((await post("/agents", { prompt: "?" })).status).toBe(429);
  turns = 0;
});

test("a fork in the middle of a turn is closed, so that the conversation can continue", async () => {
  const id = await newConversation();
  const agent = new DurableStream({ url: urls.agent(id), contentType });
  await agent.append({ type: "prompt", turn_id: "t", text: "How are you?" });
  await agent.append(agentEvent.token("Fi"));
  await agent.append(agentEvent.token("ne"));
  const events = (await (await send(`/agents/${id}/transcript?ids`)).json()) as { id: string }[];
  const position = events[1]?.id;
  const response = await post(`/agents/${id}/fork`, { position });
  expect(response.status).toBe(201);
  const fork = (await response.json()) as { id: string; transcript: string };
  const forked = (await (await send(fork.transcript)).json()) as object[];
  expect(forked).toMatchObject([
    { type: "prompt" },
    { type: "token", text: "Fi" },
    { type: "done", turn_id: "t", stopped: true },
  ]);
  expect((await post(`/agents/${fork.id}/turns`, { prompt: "And?" })).status).toBe(201);
  const list = (await (await send("/agents")).json()) as object[];
  expect(list).toContainEqual(expect.objectContaining({ id: fork.id, parent: id }));
});

test("invalid fault commands are refused and not passed on", async () => {
  commands.length = 0;
  for (const body of [
    {},
    { kind: "kill", service: "bedrock" },
    { kind: "kill", service: "../main" },
    { kind: "latency", ms: -1 },
    { kind: "latency", ms: 1e9 },
    { kind: "cut-every", bytes: 1.5 },
    { kind: "bedrock", fault: "melt" },
  ]) {
    expect((await post("/faults", body)).status).toBe(400);
  }
  expect(commands).toEqual([]);
  expect((await post("/faults", { kind: "cut-every", bytes: 10, more: 1 })).status).toBe(202);
  expect(commands).toEqual([{ kind: "cut-every", bytes: 10 }]);
});

test("the page's policy forbids other origins and inline code", async () => {
  const policy = (await send("/agents")).headers.get("content-security-policy");
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain("unsafe");
});
