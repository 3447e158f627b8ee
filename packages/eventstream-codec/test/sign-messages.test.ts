import { utf8 } from "@freshet/test-support";
import { expect, test } from "vitest";
import { decodeMessage, encodeMessage, header } from "../src/index.ts";
import { signMessages, type SignMessagesOptions } from "../src/sign-messages.ts";

const options: SignMessagesOptions = {
  signature: "ab".repeat(32),
  region: "eu-central-1",
  service: "bedrock",
  credentials: { secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
  now: () => new Date("2026-03-01T12:34:56.789Z"),
};

async function sign(frames: Iterable<Uint8Array>, more: Partial<SignMessagesOptions> = {}) {
  const signed: Uint8Array[] = [];
  for await (const frame of signMessages(frames, { ...options, ...more })) signed.push(frame);
  return signed;
}

const frames = [1, 2, 3].map((n) =>
  encodeMessage({ headers: { n: header.byte(n) }, payload: utf8(`part ${n}`) }),
);

test("signMessages wraps each frame and closes the stream with a signed empty one", async () => {
  const signed = (await sign(frames)).map((frame) => decodeMessage(frame));
  expect(signed.map(({ payload }) => payload)).toEqual([...frames, new Uint8Array(0)]);
  for (const { headers } of signed) {
    expect([...headers.keys()]).toEqual([":date", ":chunk-signature"]);
    expect(headers.get(":date")).toEqual(header.timestamp(new Date("2026-03-01T12:34:56.000Z")));
    expect(headers.get(":chunk-signature")?.value).toHaveLength(32);
  }
});

test("each signature covers the signature before it", async () => {
  const [first, second] = await sign(frames);
  const [alone] = await sign(frames.slice(1));
  const [changed] = await sign(frames, { signature: "ac".repeat(32) });
  expect(second).not.toEqual(alone);
  expect(changed).not.toEqual(first);
  expect(await sign(frames, { signature: "AB".repeat(32) })).toEqual(await sign(frames));
});

test("credentials are requested once, the time for every frame", async () => {
  let asked = 0;
  let seconds = 0;
  const signed = await sign(frames, {
    credentials: () => {
      asked++;
      return Promise.resolve(options.credentials as { secretAccessKey: string });
    },
    // Across midnight: the key of the new day is another one.
    now: () => new Date(Date.UTC(2026, 2, 1, 23, 59, 58 + seconds++)),
  });
  expect(asked).toBe(1);
  expect(signed.map((frame) => decodeMessage(frame).headers.get(":date")?.value)).toEqual(
    [58, 59, 60, 61].map((second) => new Date(Date.UTC(2026, 2, 1, 23, 59, second))),
  );
});

test("a source that fails is not closed as if it were complete", async () => {
  const failure = new Error("microphone unplugged");
  const failing = async function* () {
    yield await Promise.resolve(utf8("one"));
    throw failure;
  };
  const signed = signMessages(failing(), options);
  expect((await signed.next()).done).toBe(false);
  await expect(signed.next()).rejects.toBe(failure);
  expect((await signed.next()).done).toBe(true);
});

test("credentials without a secret from a function end the loop with INVALID_OPTION", async () => {
  for (const found of [undefined, {}, { secretAccessKey: "" }]) {
    const credentials = () => Promise.resolve(found as { secretAccessKey: string });
    await expect(sign(frames, { credentials })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: "credentials returned no secretAccessKey: expected an object with one.",
    });
  }
});
