import { afterEach, describe, expect, test, vi } from "vitest";
import { BedrockClient } from "../../src/index.ts";
import { createFakeBedrock, type FakeBedrock } from "../../src/testing/index.ts";

const names = [
  "AWS_REGION",
  "AWS_BEARER_TOKEN_BEDROCK",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_PROFILE",
  "AWS_EC2_METADATA_DISABLED",
  "AWS_CONFIG_FILE",
  "AWS_SHARED_CREDENTIALS_FILE",
];

function environment(values: Record<string, string>): void {
  for (const name of names) vi.stubEnv(name, values[name] ?? "");
}
afterEach(() => vi.unstubAllEnvs());

async function authorizationOf(
  fake: FakeBedrock,
  options: ConstructorParameters<typeof BedrockClient>[0],
): Promise<string> {
  const client = new BedrockClient({
    endpoint: "http://fake",
    retry: false,
    ...options,
    fetch: fake.fetch,
  });
  const response = await client.converseStream({ modelId: "m" });
  await response.cancel();
  return fake.requests.at(-1)?.headers.get("authorization") ?? "";
}

const given = { accessKeyId: "GIVEN", secretAccessKey: "s" };
const variables = { AWS_ACCESS_KEY_ID: "VARIABLE", AWS_SECRET_ACCESS_KEY: "s" };

describe("who signs", () => {
  test.each([
    ["the key that is given", { apiKey: "k", credentials: given }, {}, "Bearer k"],
    ["the key of the environment", {}, { AWS_BEARER_TOKEN_BEDROCK: "e", ...variables }, "Bearer e"],
    [
      "credentials that are given, before a key of the environment",
      { credentials: given },
      { AWS_BEARER_TOKEN_BEDROCK: "e" },
      "Credential=GIVEN/",
    ],
    [
      "a function, before a key of the environment",
      { credentials: () => Promise.resolve(given) },
      { AWS_BEARER_TOKEN_BEDROCK: "e" },
      "Credential=GIVEN/",
    ],
    ["the credentials of the environment", {}, variables, "Credential=VARIABLE/"],
  ])("%s", async (_, options, variables, expected) => {
    environment({ AWS_REGION: "eu-north-1", ...variables });
    const authorization = await authorizationOf(createFakeBedrock(), options);
    expect(authorization).toContain(expected);
    if (!authorization.startsWith("Bearer")) {
      expect(authorization).toContain("/eu-north-1/bedrock/aws4_request");
    }
  });

  test("a session token is signed and sent", async () => {
    environment({ ...variables, AWS_SESSION_TOKEN: "t", AWS_REGION: "us-east-1" });
    const credentials = { accessKeyId: "VARIABLE", secretAccessKey: "s", sessionToken: "t" };
    expect(await authorizationOf(createFakeBedrock({ credentials }), {})).toContain("VARIABLE");
  });

  test("the AWS chain is asked when the process has nothing itself", async () => {
    // No profile, no instance to ask: the chain has nothing either, and says so.
    environment({
      AWS_REGION: "us-east-1",
      AWS_PROFILE: "nobody",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_CONFIG_FILE: "/nonexistent",
      AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
    });
    await expect(authorizationOf(createFakeBedrock(), {})).rejects.toMatchObject({
      code: "CREDENTIALS",
      retryable: false,
      cause: { name: "CredentialsProviderError" },
    });
  });
});

test("without a region there is no client, but for an endpoint with a key", () => {
  environment({});
  expect(() => new BedrockClient()).toThrow("AWS_REGION");
  expect(() => new BedrockClient({ endpoint: "http://x" })).toThrow("AWS_REGION");
  expect(() => new BedrockClient({ endpoint: "http://x", apiKey: "k" })).not.toThrow();
});
