import type { AppendOutcome, CreateOutcome, Store } from "../store/store.ts";
import { formatOffset, parseOffset, type StreamOffset } from "../wire/offset.ts";
import type {
  AppendToStream,
  CreateStream,
  Offset,
  StreamRequest,
  StreamResponse,
} from "./stream-request.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const startOfAny: StreamOffset = { generation: undefined, position: 0 };

const offsetOf = ({ generation, tail }: { generation: number; tail: number }): Offset =>
  formatOffset({ generation, position: tail });

const parsed = (offset: Offset | undefined) =>
  offset === undefined ? undefined : parseOffset(offset);

const bytesOf = (data: string) => (data ? encoder.encode(data) : undefined);

/** Does a request on a store, and says the outcome as the protocol would. */
export async function requestOnStore(
  store: Store,
  request: StreamRequest,
): Promise<StreamResponse> {
  const { path } = request;
  switch (request.kind) {
    case "create":
      return created(await store.create(createRequest(request)));
    case "append":
      return appended(await append(store, request), request);
    case "head": {
      const outcome = await store.head(path);
      if (outcome.status !== "ok") return missing(outcome.status);
      const { stream } = outcome;
      return { status: 200, offset: offsetOf(stream), closed: stream.closed };
    }
    case "read":
      return readOn(store, path, parsed(request.offset) ?? startOfAny);
    case "delete": {
      const outcome = await store.delete(path);
      const isDone = outcome === "removed" || outcome === "kept-for-forks";
      return isDone ? { status: 204 } : missing(outcome);
    }
  }
}

function createRequest({ path, closed, data, fork }: CreateStream) {
  return {
    path,
    contentType: "text/plain",
    closed,
    data: bytesOf(data),
    fork: fork && { path: fork.path, ...parsed(fork.offset), subOffset: 0 },
  };
}

function append(store: Store, { path, data, close, seq, producer }: AppendToStream) {
  const contentType = data ? "text/plain" : undefined;
  return store.append({ path, contentType, data: bytesOf(data), close, seq, producer });
}

async function readOn(store: Store, path: string, start: StreamOffset): Promise<StreamResponse> {
  const page = await store.read({ path, ...start, maxBytes: 1024 * 1024 });
  if (page.status === "position-invalid") return { status: 400 };
  if (page.status === "generation-gone") return replaced;
  if (page.status !== "ok") return missing(page.status);
  const content = page.records.map(({ data }) => decoder.decode(data)).join("");
  const { generation, closed } = page.stream;
  return { status: 200, content, offset: offsetOf({ generation, tail: page.end }), closed };
}

const replaced: StreamResponse = { status: 410, replaced: true };

const missing = (status: "missing" | "deleted"): StreamResponse => ({
  status: status === "missing" ? 404 : 410,
});

function created(outcome: CreateOutcome): StreamResponse {
  switch (outcome.status) {
    case "created":
    case "exists": {
      const status = outcome.status === "created" ? 201 : 200;
      return { status, offset: offsetOf(outcome.stream), closed: outcome.stream.closed };
    }
    case "source-missing":
      return { status: 404 };
    case "fork-generation-gone":
      return replaced;
    case "fork-position-invalid":
    case "sub-offset-invalid":
      return { status: 400 };
    default:
      return { status: 409 };
  }
}

function appended(outcome: AppendOutcome, { producer, data }: AppendToStream): StreamResponse {
  switch (outcome.status) {
    case "appended":
    case "duplicate": {
      const isNew = outcome.status === "appended" && producer && data;
      return {
        status: isNew ? 200 : 204,
        offset: offsetOf(outcome),
        closed: outcome.closed,
        producerEpoch: producer?.epoch,
        producerSeq: producer && outcome.lastSeq,
      };
    }
    case "missing":
    case "deleted":
      return missing(outcome.status);
    case "closed":
      return {
        status: 409,
        closed: true,
        offset: offsetOf(outcome),
        producerEpoch: outcome.epoch,
        producerSeq: outcome.lastSeq,
      };
    case "stale-epoch":
      return { status: 403, producerEpoch: outcome.epoch };
    case "epoch-not-at-zero":
      return { status: 400 };
    case "sequence-gap":
      return { status: 409, expectedSeq: outcome.expected, receivedSeq: producer?.seq };
    default:
      return { status: 409 };
  }
}
