import type { ConverseStreamCommandInput } from "@aws-sdk/client-bedrock-runtime";
import { expectTypeOf, test } from "vitest";
import type { ConverseStreamRequest, Message } from "../../src/index.ts";

type KeysOfEach<T> = T extends T ? keyof T : never;
type TheirMessage = NonNullable<ConverseStreamCommandInput["messages"]>[number];
type TheirBlock = NonNullable<TheirMessage["content"]>[number];

// The compiler is the test: it fails when AWS's model has something that our types would refuse.
test("a request has every field of the AWS SDK's, and a message every kind of block", () => {
  expectTypeOf<keyof ConverseStreamRequest>().toEqualTypeOf<keyof ConverseStreamCommandInput>();
  expectTypeOf<KeysOfEach<Message["content"][number]>>().toEqualTypeOf<
    Exclude<KeysOfEach<TheirBlock>, "$unknown">
  >();
});
