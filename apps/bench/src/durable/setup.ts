import { request } from "undici";
import { versioned } from "../report.ts";

/** The names of the contestants in the tables. */
export const names = {
  ours: "@freshet/durable-streams-client",
  reference: await versioned("@durable-streams/client"),
  floor: `bare request() of ${await versioned("undici")}`,
};

let count = 0;

export async function newStream(base: string, contentType: string): Promise<string> {
  const url = `${base}/bench-${String(++count)}`;
  const headers = { "content-type": contentType };
  const { body } = await request(url, { method: "PUT", headers });
  await body.dump();
  return url;
}

/** Deletes a stream that is no longer needed, to keep the server's memory small. */
export async function deleteStream(url: string): Promise<void> {
  const { body } = await request(url, { method: "DELETE" });
  await body.dump();
}
