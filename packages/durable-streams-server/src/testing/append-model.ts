import type { Producer } from "../store/store.ts";
import type { Expected, ModelRules, Result } from "./expected-response.ts";
import type { AppendToStream } from "./stream-request.ts";
import { isSameProducer, withStream, type FamilyState, type StreamState } from "./stream-state.ts";

/** What an append to a stream that is there does (sections 5.2 and 5.2.1). */
export function appendResult(
  family: FamilyState,
  stream: StreamState,
  request: AppendToStream,
  rules: ModelRules,
): Result {
  const refused = (...allowed: Expected[]): Result => ({ family, allowed });
  if (stream.closed) return refused(...responsesOfClosed(stream, request, rules));
  const verdict = request.producer && verdictOnProducer(stream, request.producer);
  if (verdict) return refused(verdict);
  const { producer, seq, data, close } = request;
  if (seq !== undefined && stream.seq !== undefined && seq <= stream.seq) {
    return refused({ status: 409 });
  }
  const after = stored(stream, request);
  const expected: Expected = {
    status: producer && data ? 200 : 204,
    position: after.content.length,
    closed: close || undefined,
    producerEpoch: producer?.epoch,
    producerSeq: producer?.seq,
  };
  return { family: withStream(family, request.path, after), allowed: [expected] };
}

function stored(stream: StreamState, request: AppendToStream): StreamState {
  const { producer, seq, data, close } = request;
  const producers = new Map(stream.producers);
  if (producer) producers.set(producer.id, { epoch: producer.epoch, lastSeq: producer.seq });
  return {
    ...stream,
    content: stream.content + data,
    closed: close,
    closedBy: close ? producer : undefined,
    seq: seq ?? stream.seq,
    producers,
  };
}

/** What keeps a producer's request from being stored, if anything does. */
function verdictOnProducer(
  stream: StreamState,
  { id, epoch, seq }: Producer,
): Expected | undefined {
  const gap = (expectedSeq: number) => ({ status: 409, expectedSeq, receivedSeq: seq });
  const state = stream.producers.get(id);
  if (!state) return seq === 0 ? undefined : gap(0);
  if (epoch < state.epoch) return { status: 403, producerEpoch: state.epoch };
  if (epoch > state.epoch) return seq === 0 ? undefined : { status: 400 };
  if (seq > state.lastSeq + 1) return gap(state.lastSeq + 1);
  if (seq > state.lastSeq) return undefined;
  return duplicate(stream, epoch, state.lastSeq);
}

function duplicate(stream: StreamState, producerEpoch: number, producerSeq: number): Expected {
  const position = stream.content.length;
  return { status: 204, position, closed: stream.closed || undefined, producerEpoch, producerSeq };
}

/** A closed stream takes nothing; only the request that closed it is acknowledged again. */
function responsesOfClosed(
  stream: StreamState,
  { producer, close, data }: AppendToStream,
  rules: ModelRules,
): Expected[] {
  const position = stream.content.length;
  const closed: Expected = { status: 409, closed: true, position };
  if (!producer) return close && !data ? [{ status: 204, closed: true, position }] : [closed];
  if (isSameProducer(producer, stream.closedBy)) {
    return [duplicate(stream, producer.epoch, producer.seq)];
  }
  const state = stream.producers.get(producer.id);
  if (!state) return [closed];
  // The highest sequence number that was accepted may be there, for a client to know what was stored.
  const { epoch, lastSeq } = state;
  const allowed = [closed, { ...closed, producerEpoch: epoch, producerSeq: lastSeq }];
  if (producer.epoch < epoch) allowed.push({ status: 403, producerEpoch: epoch });
  if (rules.deviations?.includes("repetition-after-close")) {
    if (producer.epoch === epoch && producer.seq <= lastSeq) {
      allowed.push(duplicate(stream, epoch, lastSeq));
    }
  }
  return allowed;
}
