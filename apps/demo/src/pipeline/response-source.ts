import { readFile } from "node:fs/promises";
import { detectCapture } from "@freshet/bedrock-adapter/testing";
import type { DemoOptions } from "../cli/options.ts";
import { afterTheTool, beforeTheTool, textOf } from "../bedrock/script.ts";

/** Where the answer comes from. */
export interface Answer {
  readonly kind: "scripted" | "replay" | "real";
  /** How the worker asks for it: a captured InvokeModel body cannot answer a Converse request. */
  readonly operation: "converse" | "invoke";
  /** About how many bytes of text/event-stream it will be, to spread the faults over. */
  readonly expectedBytes: number;
}

/** Batches of 50 ms hold about three tokens of four characters; each is a frame of some 90 bytes. */
const bytesPerCharacter = 8;

/** For the page every event also says which frames it was made of, which takes so many times the room. */
const wireFactor = 4;

/** Finds out what the command line's answer is. */
export async function loadAnswer(demo: DemoOptions): Promise<Answer> {
  const answer = await plainAnswer(demo);
  if (demo.once) return answer;
  return { ...answer, expectedBytes: answer.expectedBytes * wireFactor };
}

async function plainAnswer({ replay, model }: DemoOptions): Promise<Answer> {
  if (model !== undefined) return { kind: "real", operation: "converse", expectedBytes: 8000 };
  if (replay === undefined) {
    const characters = textOf(beforeTheTool).length + textOf(afterTheTool).length;
    const expectedBytes = characters * bytesPerCharacter;
    return { kind: "scripted", operation: "converse", expectedBytes };
  }
  const body = await readFile(replay);
  const { operation } = detectCapture(body);
  // A captured frame has some 200 bytes for its few characters.
  return { kind: "replay", operation, expectedBytes: Math.ceil(body.length / 6) };
}
