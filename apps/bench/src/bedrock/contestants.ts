import { AnthropicBedrock } from "@anthropic-ai/bedrock-sdk";
import { createAmazonBedrock } from "@ai-sdk/amazon-bedrock";
import { createBedrockAnthropic } from "@ai-sdk/amazon-bedrock/anthropic";
import {
  BedrockRuntimeClient,
  ConverseStreamCommand,
  InvokeModelWithResponseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";
import { type AnthropicChunk, BedrockClient } from "@freshet/bedrock-adapter";
import { ChatBedrockConverse } from "@langchain/aws";
import { NodeHttpHandler } from "@smithy/node-http-handler";

/** The text that a contestant received: all of it is compared before the clock starts. */
export interface ReceivedText {
  text: string;
  /** The number of events with text. */
  pieces: number;
}

type Run = () => Promise<ReceivedText>;

const credentials = { accessKeyId: "AKIDBENCH", secretAccessKey: "secret" };
const region = "us-east-1";
/** A model id that every contestant treats as a Claude model. */
const modelId = "anthropic.claude-3-5-sonnet-20240620-v1:0";
const prompt = "Write a long story.";
const maxTokens = 200_000;

class Collector {
  readonly #texts: string[] = [];

  add(text: string): void {
    this.#texts.push(text);
  }

  received(): ReceivedText {
    return { text: this.#texts.join(""), pieces: this.#texts.length };
  }
}

/** Our client, by operation and by the events that it yields. All requests are signed. */
export function freshet(endpoint: string): Record<string, Run> {
  const client = new BedrockClient({ endpoint, region, credentials });
  const converse = () =>
    client.converseStream({
      modelId,
      messages: [{ role: "user", content: [{ text: prompt }] }],
      inferenceConfig: { maxTokens },
    });
  const invoke = () =>
    client.invokeModelStream<AnthropicChunk>({ modelId, body: anthropicRequest() });
  return {
    converse: async () => {
      const texts = new Collector();
      for await (const event of await converse()) {
        if (event.type === "contentBlockDelta" && event.delta.text) texts.add(event.delta.text);
      }
      return texts.received();
    },
    converseAgent: async () => {
      const texts = new Collector();
      for await (const event of (await converse()).toAgentEvents()) {
        if (event.type === "token") texts.add(event.text);
      }
      return texts.received();
    },
    invoke: async () => {
      const texts = new Collector();
      for await (const chunk of await invoke()) {
        if (chunk.type === "content_block_delta" && chunk.delta.text) texts.add(chunk.delta.text);
      }
      return texts.received();
    },
    invokeAgent: async () => {
      const texts = new Collector();
      for await (const event of (await invoke()).toAgentEvents()) {
        if (event.type === "token") texts.add(event.text);
      }
      return texts.received();
    },
  };
}

/** Creates a client over HTTP/1.1 like all others: without TLS it cannot negotiate HTTP/2. */
function awsClient(endpoint: string): BedrockRuntimeClient {
  const requestHandler = new NodeHttpHandler();
  return new BedrockRuntimeClient({ endpoint, region, credentials, requestHandler });
}

export function awsSdk(endpoint: string): Record<"converse" | "invoke", Run> {
  const client = awsClient(endpoint);
  const utf8 = new TextDecoder();
  return {
    converse: async () => {
      const texts = new Collector();
      const { stream = [] } = await client.send(
        new ConverseStreamCommand({
          modelId,
          messages: [{ role: "user", content: [{ text: prompt }] }],
          inferenceConfig: { maxTokens },
        }),
      );
      for await (const event of stream) {
        const text = event.contentBlockDelta?.delta?.text;
        if (text) texts.add(text);
      }
      return texts.received();
    },
    invoke: async () => {
      const texts = new Collector();
      const { body = [] } = await client.send(
        new InvokeModelWithResponseStreamCommand({
          modelId,
          contentType: "application/json",
          body: JSON.stringify(anthropicRequest()),
        }),
      );
      for await (const event of body) {
        const chunk = JSON.parse(utf8.decode(event.chunk?.bytes)) as AnthropicChunk;
        if (chunk.type === "content_block_delta" && chunk.delta.text) texts.add(chunk.delta.text);
      }
      return texts.received();
    },
  };
}

export function anthropicSdk(endpoint: string): Run {
  const client = new AnthropicBedrock({
    awsAccessKey: credentials.accessKeyId,
    awsSecretKey: credentials.secretAccessKey,
    awsRegion: region,
    baseURL: endpoint,
  });
  return async () => {
    const texts = new Collector();
    const stream = await client.messages.create({
      model: modelId,
      max_tokens: maxTokens,
      messages: [{ role: "user", content: prompt }],
      stream: true,
    });
    for await (const event of stream) {
      if (event.type === "content_block_delta" && event.delta.type === "text_delta") {
        texts.add(event.delta.text);
      }
    }
    return texts.received();
  };
}

/** Runs the provider's own stream, without `streamText`, which would only add to its time. */
export function aiSdk(endpoint: string): Record<"converse" | "invoke", Run> {
  const options = { region, baseURL: endpoint, ...credentials };
  const models = {
    converse: createAmazonBedrock(options)(modelId),
    invoke: createBedrockAnthropic(options)(modelId),
  };
  const run = (model: (typeof models)["converse"]) => async () => {
    const texts = new Collector();
    const { stream } = await model.doStream({
      prompt: [{ role: "user", content: [{ type: "text", text: prompt }] }],
      maxOutputTokens: maxTokens,
    });
    for await (const part of stream) {
      if (part.type === "error") throw part.error;
      if (part.type === "text-delta") texts.add(part.delta);
    }
    return texts.received();
  };
  return { converse: run(models.converse), invoke: run(models.invoke) };
}

export function langChain(endpoint: string): Run {
  const client = awsClient(endpoint);
  const model = new ChatBedrockConverse({ client, region, model: modelId, maxTokens });
  return async () => {
    const texts = new Collector();
    for await (const chunk of await model.stream(prompt)) {
      if (typeof chunk.content === "string" && chunk.content !== "") texts.add(chunk.content);
    }
    return texts.received();
  };
}

/** Reads a response so long that a leak would show; its text is counted, not kept. */
export async function longResponse(
  endpoint: string,
  repeats: number,
  onPiece: (pieces: number) => void,
): Promise<number> {
  const client = new BedrockClient({ endpoint, region, credentials });
  const response = await client.converseStream({ modelId: `repeat-${repeats}` });
  let pieces = 0;
  for await (const event of response.toAgentEvents()) {
    if (event.type === "token") onPiece(++pieces);
  }
  return pieces;
}

function anthropicRequest(): unknown {
  return {
    anthropic_version: "bedrock-2023-05-31",
    max_tokens: maxTokens,
    messages: [{ role: "user", content: prompt }],
  };
}
