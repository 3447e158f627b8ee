import { AwsV4Signer } from "aws4fetch";
import { expect, test } from "vitest";
import { verifySignature, type SignedRequest } from "../../src/testing/index.ts";

const credentials = { accessKeyId: "AKID", secretAccessKey: "secret", sessionToken: "token" };
const body = new TextEncoder().encode('{"a":1}');

async function signed(
  overrides: { datetime?: string; service?: string } = {},
): Promise<SignedRequest> {
  const url = "https://bedrock-runtime.us-east-1.amazonaws.com/model/a%3A0/converse-stream";
  const signer = new AwsV4Signer({
    method: "POST",
    url,
    headers: { accept: "application/vnd.amazon.eventstream" },
    body,
    service: "bedrock",
    region: "us-east-1",
    ...credentials,
    ...overrides,
  });
  const { headers } = await signer.sign();
  return { method: "POST", url, headers, body };
}

test("a good signature passes", async () => {
  expect(await verifySignature(await signed(), credentials)).toBeUndefined();
});

test("whatever is changed after signing is noticed", async () => {
  const request = await signed();
  const changed = (name: string, value: string): SignedRequest => {
    const headers = new Headers(request.headers);
    headers.set(name, value);
    return { ...request, headers };
  };
  const tampered: SignedRequest[] = [
    { ...request, method: "PUT" },
    { ...request, url: request.url.replace("a%3A0", "b") },
    { ...request, url: request.url.replace("us-east-1", "us-west-2") },
    { ...request, url: `${request.url}?x=1` },
    { ...request, body: new TextEncoder().encode('{"a":2}') },
    changed("accept", "*/*"),
    changed("x-amz-security-token", "another"),
    changed("x-amz-date", "20200101T000000Z"),
    changed("x-amz-content-sha256", "0".repeat(64)),
    changed("authorization", "Bearer x"),
    changed("authorization", `${request.headers.get("authorization") ?? ""}0`),
  ];
  for (const request of tampered) {
    expect(await verifySignature(request, credentials)).toEqual(expect.any(String));
  }
});

test("a header that the signature does not cover may change", async () => {
  const request = await signed();
  request.headers.set("user-agent", "somebody");
  expect(await verifySignature(request, credentials)).toBeUndefined();
});

test("old, foreign and unknown signatures are refused with the reason", async () => {
  const old = await signed({ datetime: "20200101T000000Z" });
  expect(await verifySignature(old, credentials)).toBe("Signature expired.");
  const foreign = await signed({ service: "execute-api" });
  expect(await verifySignature(foreign, credentials)).toContain('expected "bedrock"');
  const unknown = { ...credentials, accessKeyId: "AKIX" };
  expect(await verifySignature(await signed(), unknown)).toContain("invalid");
  const withoutToken = { accessKeyId: "AKID", secretAccessKey: "secret" };
  expect(await verifySignature(await signed(), withoutToken)).toContain("token");
});
