import { stream, type StreamResponse } from "@freshet/durable-streams-client";
import type { Chunk, Command, Result } from "./protocol.ts";
import { byteChunk, isJson } from "./result.ts";
import type { Session } from "./session.ts";

/** Reads until up to date, or live until enough has arrived or the time is over. */
export async function read(session: Session, command: Command): Promise<Result> {
  const dynamic = session.nextValues();
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort();
  }, command.timeoutMs ?? 5000);
  const chunks: Chunk[] = [];
  const live = command.live === true ? "auto" : (command.live ?? false);
  let res: StreamResponse | undefined;
  try {
    res = await stream(session.url(command.path), {
      offset: command.offset,
      live,
      // By "long-poll" and "sse" the runner means the first request already.
      catchUp: live === false || live === "auto",
      // The suite cuts JSON inside a whole response, and expects that it is not requested again.
      onCut: "error",
      headers: { ...dynamic.headers, ...command.headers },
      params: dynamic.params,
      signal: controller.signal,
    });
    const holdsJson = isJson(res.contentType ?? session.contentType(command.path));
    for await (const { chunk, upToDate } of holdsJson ? jsonChunks(res) : byteChunks(res)) {
      if (chunk) chunks.push(chunk);
      const isEnough = chunks.length >= (command.maxChunks ?? 100);
      if (live !== false && (isEnough || (command.waitForUpToDate && upToDate))) break;
    }
  } catch (error) {
    if (!controller.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    res?.cancel();
  }
  return {
    type: "read",
    success: true,
    // The runner expects this status for a long-poll without data.
    status: live === "long-poll" && chunks.length === 0 ? 204 : 200,
    chunks,
    offset: res?.offset ?? command.offset ?? "-1",
    // An abort means that nothing more arrived in time.
    upToDate: controller.signal.aborted || res?.upToDate === true,
    streamClosed: res?.closed === true,
    ...(res?.cursor === undefined ? {} : { cursor: res.cursor }),
    ...dynamic.sent,
  };
}

interface Piece {
  readonly chunk: Chunk | undefined;
  readonly upToDate: boolean;
}

async function* jsonChunks(res: StreamResponse): AsyncGenerator<Piece> {
  for await (const { data, position, upToDate } of res.iterEvents({ mode: "json-batches" })) {
    const chunk = data.length > 0 ? { data: JSON.stringify(data), offset: position } : undefined;
    yield { chunk, upToDate };
  }
}

async function* byteChunks(res: StreamResponse): AsyncGenerator<Piece> {
  for await (const { data, position, upToDate } of res.iterEvents({ mode: "bytes" })) {
    yield { chunk: data.length > 0 ? byteChunk(data, position) : undefined, upToDate };
  }
}
