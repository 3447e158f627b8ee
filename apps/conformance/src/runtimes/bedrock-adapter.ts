import { BedrockClient } from "@freshet/bedrock-adapter";
import { createFakeBedrock } from "@freshet/bedrock-adapter/testing";
import { expectSame, type RoundTrip, words } from "./round-trip.ts";

export const bedrockAdapter: RoundTrip = async ({ bedrock }) => {
  const fake = createFakeBedrock({ response: { parts: words.join("") } });
  const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
  const overHttp = new BedrockClient({ endpoint: bedrock, region: "us-east-1", credentials });
  const inProcess = new BedrockClient({ endpoint: "http://x", apiKey: "k", fetch: fake.fetch });
  for (const client of [overHttp, inProcess]) {
    const response = await client.converseStream({
      modelId: "some.model",
      messages: [{ role: "user", content: [{ text: "Hello?" }] }],
    });
    let text = "";
    for await (const event of response.toAgentEvents()) {
      if (event.type === "token") text += event.text;
    }
    expectSame(text, words.join(""));
  }
};
