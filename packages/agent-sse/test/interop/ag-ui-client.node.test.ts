import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { HttpAgent } from "@ag-ui/client";
import { expect, onTestFinished, test } from "vitest";
import { agUiResponse, toAgUi } from "../../src/interop/ag-ui.ts";
import { agentEvent } from "../../src/index.ts";

test("AG-UI's own client accepts a run of toAgUi and the order of its events", async () => {
  async function* turn() {
    yield agentEvent.turn(1);
    yield agentEvent.thinking("Let me see.");
    yield agentEvent.toolUse("clock", "c1", "{}");
    await new Promise((resolve) => setImmediate(resolve));
    yield agentEvent.toolResult("clock", "c1", { outputSummary: "noon" });
    yield agentEvent.turn(2);
    yield agentEvent.token("It is ");
    yield agentEvent.token("noon.");
    yield agentEvent.done();
  }
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    void (async () => {
      for await (const event of toAgUi(turn(), { threadId: "t", runId: "r" })) {
        response.write(`data: ${JSON.stringify(event)}\n\n`);
      }
      response.end();
    })();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const { newMessages } = await new HttpAgent({ url, threadId: "t" }).runAgent({ runId: "r" });
  expect(newMessages).toMatchObject([
    { role: "reasoning", content: "Let me see." },
    { role: "assistant", toolCalls: [{ id: "c1", function: { name: "clock", arguments: "{}" } }] },
    { role: "tool", toolCallId: "c1", content: "noon" },
    { role: "assistant", content: "It is noon." },
  ]);
});

test("AG-UI's own client takes a run of agUiResponse", async () => {
  const ids = { threadId: "t", runId: "r" };
  const run = (source: Parameters<typeof agUiResponse>[0]) => {
    const fetch = () => Promise.resolve(agUiResponse(source, { ...ids, onError: () => undefined }));
    return new HttpAgent({ url: "http://example.com/", threadId: "t", fetch }).runAgent({
      runId: "r",
    });
  };
  const events = [
    agentEvent.message("m1"),
    agentEvent.token("Hel"),
    agentEvent.token("lo"),
    agentEvent.state({ snapshot: { n: 1 } }),
    agentEvent.state({ patch: [{ op: "replace", path: "/n", value: 2 }] }),
    agentEvent.done(),
  ];
  const { newMessages } = await run(events);
  expect(newMessages).toMatchObject([{ id: "m1", role: "assistant", content: "Hello" }]);
});
