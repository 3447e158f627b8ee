import { expect, test, vi } from "vitest";
import { BedrockClient } from "../../src/index.ts";
import { createFakeBedrock } from "../../src/testing/index.ts";
import { drain } from "../support/slicings.ts";

const request = {
  modelId: "a:b/c",
  messages: [{ role: "user" as const, content: [{ text: "Hi" }] }],
};

test("over a socket it is the same as without", async () => {
  const fake = createFakeBedrock({ apiKey: "key", seed: 1 });
  const { url, close } = await fake.listen();
  const direct = new BedrockClient({ endpoint: "http://x", apiKey: "key", fetch: fake.fetch });
  const remote = new BedrockClient({ endpoint: url, apiKey: "key" });
  const expected = await drain(await direct.converseStream(request));
  expect(await drain(await remote.converseStream(request))).toEqual(expected);
  expect(fake.requests.map(({ modelId }) => modelId)).toEqual(["a:b/c", "a:b/c"]);
  await close();
});

test("a reader that leaves closes the connection, and the fake notices", async () => {
  const fake = createFakeBedrock({ fault: "stall" });
  const { url, close } = await fake.listen();
  const client = new BedrockClient({ endpoint: url, apiKey: "key" });
  for await (const event of await client.converseStream(request)) {
    expect(event.type).toBe("messageStart");
    break;
  }
  const aborter = new AbortController();
  const response = await client.converseStream(request, { signal: aborter.signal });
  aborter.abort("bye");
  expect((await drain(response)).error).toBe("bye");
  await vi.waitFor(() => {
    expect(fake.requests.map(({ cancelled }) => cancelled)).toEqual([true, true]);
  });
  await close();
});

test("a reset is a broken connection for the reader", async () => {
  const fake = createFakeBedrock({ fault: { name: "reset", afterFrames: 3 } });
  const { url, close } = await fake.listen();
  const client = new BedrockClient({ endpoint: url, apiKey: "key", retry: false });
  // A platform may drop what it has received and nobody has read; then the call itself fails.
  const error: unknown = await client
    .converseStream(request)
    .then(async (response) => (await drain(response)).error)
    .catch((failure: unknown) => failure);
  expect(error).toMatchObject({ code: "NETWORK", retryable: true });
  await close();
});

test("nobody at the other end is NETWORK", async () => {
  const { url, close } = await createFakeBedrock().listen();
  await close();
  const client = new BedrockClient({ endpoint: url, apiKey: "key", retry: false });
  await expect(client.converseStream(request)).rejects.toMatchObject({ code: "NETWORK" });
});
