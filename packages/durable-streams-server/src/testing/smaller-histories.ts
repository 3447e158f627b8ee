import type { RecordedRequest } from "./stream-history.ts";
import { isPure, offsetsOf, type AppendToStream } from "./stream-request.ts";

type Requests = readonly RecordedRequest[];

/**
 * The history without a fork, without one writer (what it wrote is taken out of what was read) or without
 * one request that changed nothing: what is left out has no say in the other responses.
 */
export function* smallerHistories(history: Requests): Generator<Requests> {
  for (const path of new Set(history.map(({ input }) => input.path))) {
    if (isLeaf(history, path)) yield history.filter(({ input }) => input.path !== path);
  }
  for (const writer of new Set(history.map(writerOf))) {
    if (writer !== undefined) yield* withoutWriter(history, writer);
  }
  for (const request of history) {
    const { input, response } = request;
    if (!response || !isPure(input, response.output) || isNeeded(request, history)) continue;
    yield history.filter((each) => each !== request);
  }
}

/** A fork that is no source, and whose source is there whether it is or not. */
function isLeaf(history: Requests, path: string): boolean {
  const forks = history.flatMap(({ input }) =>
    input.kind === "create" && input.fork ? [input] : [],
  );
  const sources = new Set(forks.filter((fork) => fork.path === path).map(({ fork }) => fork?.path));
  return (
    forks.every(({ fork }) => fork?.path !== path) &&
    history.every((each) => !(each.input.kind === "delete" && sources.has(each.input.path)))
  );
}

/** Who an append is from: a producer, those with Stream-Seq, or one that repeats what has no order. */
function writerOf({ input }: RecordedRequest): string | undefined {
  if (input.kind !== "append") return undefined;
  const { path, producer, seq, data } = input;
  if (producer) return `${path} producer ${producer.id}`;
  return seq === undefined ? `${path} data ${data}` : `${path} sequence`;
}

function* withoutWriter(history: Requests, writer: string): Generator<Requests> {
  const own = history.filter((each) => writerOf(each) === writer);
  const rest = history.filter((each) => writerOf(each) !== writer);
  const closes = own.some(({ input }) => input.kind === "append" && input.close);
  if (closes || own.some((each) => isNeeded(each, rest))) return;
  const written = own.map(({ input }) => (input as AppendToStream).data).filter(Boolean);
  yield rest.map((each) => withoutData(each, written));
}

function withoutData(request: RecordedRequest, written: readonly string[]): RecordedRequest {
  const { response } = request;
  const content = response?.output.content;
  if (!response || content === undefined) return request;
  const left = written.reduce((text, data) => text.replaceAll(data, ""), content);
  if (left === content) return request;
  return { ...request, response: { ...response, output: { ...response.output, content: left } } };
}

/** Whether others name the offset that the response has shown. */
function isNeeded(request: RecordedRequest, others: Requests): boolean {
  const offset = request.response?.output.offset;
  if (offset === undefined) return false;
  return others.some((other) => other !== request && offsetsOf(other.input).includes(offset));
}
