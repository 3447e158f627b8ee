import { expect, test, vi } from "vitest";
import { CredentialCache } from "../../src/client/credential-cache.ts";
import type { AwsCredentials } from "../../src/index.ts";

const minute = 60_000;

function setUp(lifetimeMs: number | undefined) {
  let now = 1_000_000;
  const provider = vi.fn((): Promise<AwsCredentials> => {
    const key = String(provider.mock.calls.length);
    return Promise.resolve({
      accessKeyId: key,
      secretAccessKey: "s",
      expiration: lifetimeMs === undefined ? undefined : new Date(now + lifetimeMs),
    });
  });
  const cache = new CredentialCache(provider, () => now);
  const key = async () => (await cache.get()).accessKeyId;
  return { provider, key, pass: (ms: number) => (now += ms) };
}

test("credentials are asked for again before they expire, and not sooner", async () => {
  const { key, pass } = setUp(60 * minute);
  expect(await key()).toBe("1");
  pass(54 * minute);
  expect(await key()).toBe("1");
  pass(2 * minute);
  expect(await key()).toBe("2");
});

test("credentials that do not say when they expire are asked for each time", async () => {
  const { key } = setUp(undefined);
  expect([await key(), await key()]).toEqual(["1", "2"]);
});

test("calls at the same time share one question", async () => {
  const { key, provider } = setUp(60 * minute);
  expect(await Promise.all([key(), key(), key()])).toEqual(["1", "1", "1"]);
  expect(provider).toHaveBeenCalledTimes(1);
});

test("an early renewal that fails costs nothing while the old ones are good", async () => {
  const { key, provider, pass } = setUp(60 * minute);
  await key();
  pass(57 * minute);
  provider.mockRejectedValueOnce(new Error("STS is down"));
  expect(await key()).toBe("1");
  pass(4 * minute);
  const cause = new Error("STS is still down");
  provider.mockRejectedValueOnce(cause);
  await expect(key()).rejects.toMatchObject({ code: "CREDENTIALS", retryable: false, cause });
  expect(await key()).toBe("4");
});

test("credentials that have expired already are an error", async () => {
  const { key } = setUp(-1);
  await expect(key()).rejects.toMatchObject({ code: "CREDENTIALS" });
});
