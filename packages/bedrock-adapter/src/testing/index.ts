export { detectCapture } from "./detect-capture.ts";
export type { CaptureInfo } from "./detect-capture.ts";
export { createFakeBedrock } from "./fake-bedrock.ts";
export type { FakeBedrock, FakeBedrockOptions, FakeRequest } from "./fake-bedrock.ts";
export type { FakeResponse } from "./fake-response.ts";
export type { Fault, FaultName } from "./faults.ts";
export {
  encodeConverseEvent,
  encodeError,
  encodeEvent,
  encodeException,
  encodeInvokeChunk,
  splitFrames,
} from "./frames.ts";
export type { FrameOptions } from "./frames.ts";
export type { SlicingOptions } from "./paced-body.ts";
export { anthropicScript, converseScript, tokensOf } from "./scripted-response.ts";
export type { ScriptedResponse, ScriptedPart, ScriptedToolUse } from "./scripted-response.ts";
export { verifySignature } from "./sigv4-verifier.ts";
export type { SignedRequest } from "./sigv4-verifier.ts";
export type { Listener } from "./listener.ts";
