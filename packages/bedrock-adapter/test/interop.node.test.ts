import {
  BedrockRuntimeClient,
  ConverseStreamCommand,
  InvokeModelWithResponseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BedrockClient, type ConverseStreamEvent } from "../src/index.ts";
import {
  createFakeBedrock,
  type FakeResponse,
  type FakeBedrock,
  type FakeBedrockOptions,
  type Listener,
} from "../src/testing/index.ts";
import { drain } from "./support/slicings.ts";

// The AWS SDK is the other side: it signs for our fake, and reads from it what our client reads.

const credentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  sessionToken: "a/session+token==",
};
const region = "eu-central-1";
const modelId =
  "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.claude-v1:0";
const messages = [{ role: "user" as const, content: [{ text: "Grüße & <Zeichen>?" }] }];

let fake: FakeBedrock;
let listener: Listener;
let sdk: BedrockRuntimeClient;
let ours: BedrockClient;

async function start(options: FakeBedrockOptions): Promise<void> {
  fake = createFakeBedrock({ credentials, seed: 4, ...options });
  listener = await fake.listen();
  const shared = { endpoint: listener.url, region, credentials };
  sdk = new BedrockRuntimeClient({
    ...shared,
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  });
  ours = new BedrockClient({ ...shared, retry: false });
}

beforeEach(() => start({}));
afterEach(async () => {
  sdk.destroy();
  await listener.close();
});

async function restart(options: FakeBedrockOptions): Promise<void> {
  sdk.destroy();
  await listener.close();
  await start(options);
}

/** Our event in the shape of the SDK's. */
function asSdk({ type, ...fields }: ConverseStreamEvent): unknown {
  return { [type]: fields };
}

const everything: FakeResponse = {
  events: [
    { type: "messageStart", role: "assistant" },
    {
      type: "contentBlockDelta",
      contentBlockIndex: 0,
      delta: { reasoningContent: { text: "hm" } },
    },
    {
      type: "contentBlockDelta",
      contentBlockIndex: 0,
      delta: { reasoningContent: { redactedContent: new Uint8Array([1, 2, 200]) } },
    },
    { type: "contentBlockStop", contentBlockIndex: 0 },
    { type: "contentBlockDelta", contentBlockIndex: 1, delta: { text: "Grüße 🌍" } },
    {
      type: "contentBlockDelta",
      contentBlockIndex: 1,
      delta: {
        citation: {
          title: "T",
          sourceContent: [{ text: "s" }],
          location: { documentChar: { documentIndex: 0, start: 1, end: 2 } },
        },
      },
    },
    { type: "contentBlockStop", contentBlockIndex: 1 },
    {
      type: "contentBlockStart",
      contentBlockIndex: 2,
      start: { toolUse: { toolUseId: "t", name: "n", type: "server_tool_use" } },
    },
    { type: "contentBlockDelta", contentBlockIndex: 2, delta: { toolUse: { input: '{"a":1}' } } },
    { type: "contentBlockStop", contentBlockIndex: 2 },
    {
      type: "contentBlockStart",
      contentBlockIndex: 3,
      start: { toolResult: { toolUseId: "t", status: "success" } },
    },
    {
      type: "contentBlockDelta",
      contentBlockIndex: 3,
      delta: { toolResult: [{ text: "1" }, { json: { b: [null] } }] },
    },
    { type: "contentBlockStop", contentBlockIndex: 3 },
    { type: "contentBlockStart", contentBlockIndex: 4, start: { image: { format: "png" } } },
    {
      type: "contentBlockDelta",
      contentBlockIndex: 4,
      delta: { image: { source: { bytes: new Uint8Array([9, 8]) } } },
    },
    { type: "messageStop", stopReason: "end_turn", additionalModelResponseFields: { k: "v" } },
    {
      type: "metadata",
      usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3, cacheReadInputTokens: 4 },
      metrics: { latencyMs: 9 },
      serviceTier: { type: "flex" },
    },
  ],
};

describe("ConverseStream", () => {
  test("the SDK's signature passes, and both read the same events", async () => {
    await restart({ response: everything });
    const { stream } = await sdk.send(new ConverseStreamCommand({ modelId, messages }));
    const theirs = await drain(stream ?? []);
    const mine = await drain(await ours.converseStream({ modelId, messages }));
    expect(mine.error).toBeUndefined();
    expect(theirs.error).toBeUndefined();
    expect(mine.values.map(asSdk)).toEqual(theirs.values.map((event) => ({ ...event })));
    const [first, second] = fake.requests;
    expect(first?.modelId).toBe(modelId);
    expect(second?.modelId).toBe(modelId);
    expect(second?.body).toEqual(first?.body);
  });

  test.each(["throttlingException", "modelStreamErrorException", "validationException"] as const)(
    "%s: the same events first, then the same message",
    async (name) => {
      await restart({ fault: { name, afterFrames: 3 } });
      const { stream } = await sdk.send(new ConverseStreamCommand({ modelId, messages }));
      const theirs = await drain(stream ?? []);
      const mine = await drain(await ours.converseStream({ modelId, messages }));
      expect(mine.values.map(asSdk)).toEqual(theirs.values.map((event) => ({ ...event })));
      const { message } = theirs.error as Error;
      expect(message).not.toBe("");
      expect((mine.error as Error).message).toContain(message);
      expect(mine.error).toMatchObject({ exceptionType: name });
    },
  );
});

test("InvokeModel: the same chunks", async () => {
  const parts = [{ reasoning: "hm" }, { text: "Grüße 🌍" }, { toolUse: { name: "n", input: {} } }];
  await restart({ response: { parts } });
  const body = JSON.stringify({ messages });
  const response = await sdk.send(
    new InvokeModelWithResponseStreamCommand({ modelId, body, contentType: "application/json" }),
  );
  const theirs = await drain(response.body ?? []);
  const mine = await drain(await ours.invokeModelStream({ modelId, body }));
  const utf8 = new TextDecoder();
  expect(mine.values).toEqual(
    theirs.values.map(({ chunk }) => JSON.parse(utf8.decode(chunk?.bytes)) as unknown),
  );
});

test("a wrong secret is refused, whoever signs with it", async () => {
  const wrong = { ...credentials, secretAccessKey: "another" };
  const shared = { endpoint: listener.url, region, credentials: wrong };
  const client = new BedrockClient({ ...shared, retry: false });
  await expect(client.converseStream({ modelId, messages })).rejects.toMatchObject({
    code: "ACCESS_DENIED",
    status: 403,
    exceptionType: "InvalidSignatureException",
  });
  const theirs = new BedrockRuntimeClient({
    ...shared,
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  });
  await expect(theirs.send(new ConverseStreamCommand({ modelId, messages }))).rejects.toMatchObject(
    {
      name: "InvalidSignatureException",
    },
  );
  theirs.destroy();
});
