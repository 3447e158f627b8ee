import { delay, readErrorBody } from "@freshet/core";
import { LoadReader, type ReaderResult } from "./reader.ts";

/** The share of the readers whose connection is cut every second. */
export const cutShare = 0.1;

/** Runs so many conversations at the same time, each with one reader, and waits until all have ended. */
export async function runLoad(url: string, conversations: number): Promise<ReaderResult[]> {
  const readers: LoadReader[] = [];
  let next = 0;
  const cutter = setInterval(() => {
    const count = Math.ceil(conversations * cutShare);
    for (let index = 0; index < count; index++) readers[next++ % readers.length]?.cut();
  }, 1000);
  // Spread over a second, so that no two have their tokens at the same moment.
  const converse = async (index: number) => {
    await delay((index / conversations) * 1000);
    const reader = new LoadReader(await createConversation(url));
    readers.push(reader);
    return reader.result;
  };
  try {
    return await Promise.all(Array.from({ length: conversations }, (_, index) => converse(index)));
  } finally {
    clearInterval(cutter);
  }
}

async function createConversation(url: string): Promise<string> {
  const response = await fetch(new URL("/agents", url), {
    method: "POST",
    body: JSON.stringify({ prompt: "Count." }),
  });
  if (!response.ok)
    throw new Error(
      `POST /agents failed with status ${response.status}: ${await readErrorBody(response.body)}`,
    );
  return new URL(((await response.json()) as { events: string }).events, url).href;
}
