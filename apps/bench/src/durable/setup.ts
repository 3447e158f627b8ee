import { request } from "undici";
import { versioned } from "../report.ts";

/** The names of the contestants. */
export const names = {
  ours: "@freshet/durable-streams-client",
  reference: await versioned("@durable-streams/client"),
  floor: `bare request() of ${await versioned("undici")}`,
};

let count = 0;

/** A stream of its own for each round; the one before it is deleted, so that memory stays small. */
export async function newStream(base: string, contentType: string): Promise<string> {
  const url = `${base}/bench-${String(++count)}`;
  const headers = { "content-type": contentType };
  const { body } = await request(url, { method: "PUT", headers });
  await body.dump();
  return url;
}
