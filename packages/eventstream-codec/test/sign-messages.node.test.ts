import { Sha256 } from "@aws-crypto/sha256-js";
import { EventStreamCodec } from "@smithy/core/event-streams";
import { fromUtf8, toUtf8 } from "@smithy/core/serde";
import { SignatureV4 } from "@smithy/signature-v4";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeMessage } from "../src/index.ts";
import { signMessages } from "../src/sign-messages.ts";
import * as arbitrary from "./support/arbitraries.ts";

const codec = new EventStreamCodec(toUtf8, fromUtf8);

/** What the AWS SDK does: its signer, its codec, the closing frame of its encoder. */
async function signWithSmithy(
  frames: Uint8Array[],
  options: {
    signature: string;
    region: string;
    service: string;
    secretAccessKey: string;
    date: Date;
  },
): Promise<Uint8Array[]> {
  const { signature, region, service, secretAccessKey, date } = options;
  const signer = new SignatureV4({
    credentials: { accessKeyId: "AKID", secretAccessKey },
    region,
    service,
    sha256: Sha256,
  });
  let priorSignature = signature;
  const signed: Uint8Array[] = [];
  for (const body of [...frames, new Uint8Array(0)]) {
    const dateHeader = { ":date": { type: "timestamp" as const, value: date } };
    const payload = { headers: codec.formatHeaders(dateHeader), payload: body };
    priorSignature = await signer.sign(payload, { signingDate: date, priorSignature });
    const value = Uint8Array.from(Buffer.from(priorSignature, "hex"));
    const headers = { ...dateHeader, ":chunk-signature": { type: "binary" as const, value } };
    signed.push(codec.encode({ headers, body }));
  }
  return signed;
}

test("signMessages signs as @smithy/signature-v4 does", async () => {
  const seconds = fc.integer({ min: 0, max: 4_000_000_000 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(arbitrary.message, { maxLength: 4 }),
      fc.record({
        signature: fc.uint8Array({ minLength: 32, maxLength: 32 }),
        region: fc.constantFrom("us-east-1", "eu-central-1", "ap-southeast-2"),
        service: fc.constantFrom("bedrock", "transcribe", "lex"),
        secretAccessKey: fc.string({ minLength: 1, maxLength: 50 }),
        date: seconds.map((time) => new Date(time * 1000)),
      }),
      async (messages, { signature, secretAccessKey, date, ...rest }) => {
        const frames = messages.map((message) => encodeMessage(message));
        const hex = Buffer.from(signature).toString("hex");
        const options = { ...rest, signature: hex };
        const ours = signMessages(frames, {
          ...options,
          credentials: { secretAccessKey },
          // Milliseconds must change nothing.
          now: () => new Date(date.getTime() + 321),
        });
        const theirs = await signWithSmithy(frames, { ...options, secretAccessKey, date });
        let index = 0;
        for await (const frame of ours) {
          expect(Buffer.compare(frame, theirs[index++] ?? new Uint8Array(0))).toBe(0);
        }
        expect(index).toBe(theirs.length);
      },
    ),
    { numRuns: 60 },
  );
});
