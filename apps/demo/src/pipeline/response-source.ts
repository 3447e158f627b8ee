import { readFile } from "node:fs/promises";
import { detectCapture } from "@freshet/bedrock-adapter/testing";
import { afterTheTool, beforeTheTool, textOf } from "../bedrock/script.ts";
import { type CapturedResponse, readCapturedResponse } from "../bedrock/captured-response.ts";
import type { PipelineOptions } from "./pipeline-options.ts";

/** Where the model's responses come from. */
export interface ResponseSource {
  readonly kind: "scripted" | "replay" | "real";
  /** The operation the worker calls: a captured InvokeModel body is no response to a Converse request. */
  readonly operation: "converse" | "invoke";
  /** The estimated size of its text/event-stream in bytes, over which the faults are spread. */
  readonly expectedBytes: number;
  /** What the captured response holds, if one is replayed. */
  readonly captured?: CapturedResponse;
}

/** The id of the model that the simulated Bedrock is called with. */
export const simulatedModelId = "anthropic.claude-demo-v1:0";

/** A batch of 50 ms holds about three tokens of four characters, in a frame of some 90 bytes. */
const bytesPerCharacter = 8;

/** For the page every event also names its frames, which makes it this many times larger. */
const wireFactor = 4;

/** Determines the source that the options select. */
export async function responseSourceOf(options: PipelineOptions): Promise<ResponseSource> {
  const source = await plainSource(options);
  if (options.once) return source;
  return { ...source, expectedBytes: source.expectedBytes * wireFactor };
}

async function plainSource({ replay, model }: PipelineOptions): Promise<ResponseSource> {
  if (model !== undefined) return { kind: "real", operation: "converse", expectedBytes: 8000 };
  if (replay === undefined) {
    const characters = textOf(beforeTheTool).length + textOf(afterTheTool).length;
    const expectedBytes = characters * bytesPerCharacter;
    return { kind: "scripted", operation: "converse", expectedBytes };
  }
  const body = await readFile(replay);
  const { operation } = detectCapture(body);
  // A captured frame has some 200 bytes for its few characters.
  const expectedBytes = Math.ceil(body.length / 6);
  const captured = await readCapturedResponse(body, operation, simulatedModelId);
  return { kind: "replay", operation, expectedBytes, captured };
}
