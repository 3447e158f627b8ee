import type { AppendOutcome, CreateOutcome, Store } from "../store/store.ts";
import type {
  AppendToStream,
  CreateStream,
  Offset,
  StreamRequest,
  StreamResponse,
} from "./stream-request.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Positions as offsets: of one width, so that they are in order as text. */
const offsetOf = (position: number): Offset => String(position).padStart(16, "0");

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
      const { tail, closed } = outcome.stream;
      return { status: 200, offset: offsetOf(tail), closed };
    }
    case "read":
      return readOn(store, path, Number(request.offset ?? 0));
    case "delete": {
      const outcome = await store.delete(path);
      const isDone = outcome === "removed" || outcome === "kept-for-forks";
      return isDone ? { status: 204 } : missing(outcome);
    }
  }
}

function createRequest({ path, closed, data, fork }: CreateStream) {
  const position = fork?.offset === undefined ? undefined : Number(fork.offset);
  return {
    path,
    contentType: "text/plain",
    closed,
    data: bytesOf(data),
    fork: fork && { path: fork.path, position, subOffset: 0 },
  };
}

function append(store: Store, { path, data, close, seq, producer }: AppendToStream) {
  const contentType = data ? "text/plain" : undefined;
  return store.append({ path, contentType, data: bytesOf(data), close, seq, producer });
}

async function readOn(store: Store, path: string, start: number): Promise<StreamResponse> {
  const page = await store.read({ path, position: start, maxBytes: 1024 * 1024 });
  if (page.status === "position-invalid") return { status: 400 };
  if (page.status !== "ok") return missing(page.status);
  const content = page.records.map(({ data }) => decoder.decode(data)).join("");
  return { status: 200, content, offset: offsetOf(page.end), closed: page.stream.closed };
}

const missing = (status: "missing" | "deleted"): StreamResponse => ({
  status: status === "missing" ? 404 : 410,
});

function created(outcome: CreateOutcome): StreamResponse {
  switch (outcome.status) {
    case "created":
    case "exists": {
      const { tail, closed } = outcome.stream;
      const status = outcome.status === "created" ? 201 : 200;
      return { status, offset: offsetOf(tail), closed };
    }
    case "source-missing":
      return { status: 404 };
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
        offset: offsetOf(outcome.tail),
        closed: outcome.closed,
        producerEpoch: producer?.epoch,
        producerSeq: producer && outcome.lastSeq,
      };
    }
    case "missing":
    case "deleted":
      return missing(outcome.status);
    case "closed":
      return { status: 409, closed: true, offset: offsetOf(outcome.tail) };
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
