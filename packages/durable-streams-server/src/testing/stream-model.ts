/**
 * What a server may respond, when requests come one after the other.
 * https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (sections 4 and 5)
 */
import { appendResult } from "./append-model.ts";
import { matches, type Expected, type ModelRules, type Result } from "./expected-response.ts";
import { KnownOffsets } from "./known-offsets.ts";
import type { SequentialModel } from "./sequential-model.ts";
import {
  isPure,
  type CreateStream,
  type Offset,
  type StreamRequest,
  type StreamResponse,
} from "./stream-request.ts";
import {
  isSameFamily,
  isSameFork,
  noStreams,
  withoutStream,
  withStream,
  type FamilyState,
  type StreamState,
} from "./stream-state.ts";

export type StreamModel = SequentialModel<FamilyState, StreamRequest, StreamResponse>;

/** The model of a stream and its forks. */
export function streamModel(rules: ModelRules = {}): StreamModel {
  return {
    initial: noStreams,
    isSame: isSameFamily,
    isPure,
    step(state, request, response) {
      const { family, allowed } = resultOf(state, request, rules);
      const { path } = request;
      const [before, after] = [state.streams.get(path), family.streams.get(path)];
      if (rules.hints?.allows(path, before, after) === false) return undefined;
      if (!response) return family;
      const expected = allowed.find((each) => matches(each, response));
      return expected && learn(family, request, response, expected, rules);
    },
  };
}

export function resultOf(family: FamilyState, request: StreamRequest, rules: ModelRules): Result {
  const stream = family.streams.get(request.path);
  if (request.kind === "create") return createResult(family, request, rules);
  if (!stream) return { family, allowed: [{ status: 404 }] };
  if (stream.deleted) return { family, allowed: [{ status: 410 }] };
  const closed = stream.closed || undefined;
  const position = stream.content.length;
  switch (request.kind) {
    case "append":
      return appendResult(family, stream, request, rules);
    case "head":
      return { family, allowed: [{ status: 200, position, closed }] };
    case "read": {
      const { path, offset } = request;
      const start = offset === undefined ? 0 : positionOf(family, path, offset, rules);
      if (start === undefined) return { family, allowed: [{ status: 400 }] };
      const content = stream.content.slice(start);
      return { family, allowed: [{ status: 200, content, position, closed }] };
    }
    case "delete": {
      const isRead = stream.forks > 0;
      const after = isRead
        ? withStream(family, request.path, { ...stream, deleted: true })
        : withoutStream(family, request.path);
      return { family: after, allowed: [{ status: 204 }] };
    }
  }
}

function createResult(family: FamilyState, request: CreateStream, rules: ModelRules): Result {
  const { path, fork, data } = request;
  const existing = family.streams.get(path);
  const refused = (status: number): Result => ({ family, allowed: [{ status }] });
  const closed = request.closed || undefined;
  if (existing) {
    const isSame = existing.closed === request.closed && isSameFork(existing.fork, fork);
    if (existing.deleted || !isSame) return refused(409);
    return { family, allowed: [{ status: 200, position: existing.content.length, closed }] };
  }
  let from = {
    family,
    inherited: "",
    offsets: rules.isExcerpt ? KnownOffsets.noneOfExcerpt : KnownOffsets.none,
  };
  if (fork) {
    const source = family.streams.get(fork.path);
    if (!source) return refused(404);
    if (source.deleted) return refused(409);
    const at =
      fork.offset === undefined
        ? source.content.length
        : positionOf(family, fork.path, fork.offset, rules);
    if (at === undefined) return refused(400);
    from = {
      family: withStream(family, fork.path, { ...source, forks: source.forks + 1 }),
      inherited: source.content.slice(0, at),
      offsets: source.offsets.ofFork(at),
    };
  }
  const stream: StreamState = {
    content: from.inherited + data,
    closed: request.closed,
    producers: new Map(),
    offsets: from.offsets,
    longestReads: 0,
    fork,
    forks: 0,
    deleted: false,
  };
  return {
    family: withStream(from.family, path, stream),
    allowed: [{ status: 201, position: stream.content.length, closed }],
  };
}

function positionOf(
  { streams, everOffsets }: FamilyState,
  path: string,
  offset: Offset,
  rules: ModelRules,
): number | undefined {
  const stream = streams.get(path);
  const known = stream?.offsets.positionOf(offset);
  if (known !== undefined || !offsetsOutlive(rules)) return known;
  const former = everOffsets.get(path)?.positionOf(offset);
  return former !== undefined && former <= (stream?.content.length ?? 0) ? former : undefined;
}

/** The state with what a response shows of its offset; `undefined` if that cannot be. */
function learn(
  family: FamilyState,
  request: StreamRequest,
  { offset, content }: StreamResponse,
  { position }: Expected,
  rules: ModelRules,
): FamilyState | undefined {
  const { path } = request;
  const stream = family.streams.get(path);
  if (!stream || offset === undefined || position === undefined) return family;
  const offsets = stream.offsets.with(offset, position);
  if (!offsets) return undefined;
  const isWhole = request.kind === "read" && request.offset === undefined;
  const isLongest = isWhole && rules.hints?.isLongest(path, content ?? "");
  const longestReads = stream.longestReads + (isLongest ? 1 : 0);
  const learned =
    offsets === stream.offsets && !isLongest
      ? family
      : withStream(family, path, { ...stream, offsets, longestReads });
  if (!offsetsOutlive(rules)) return learned;
  const before = family.everOffsets.get(path) ?? KnownOffsets.none;
  const ever = before.with(offset, position) ?? before;
  if (ever === before) return learned;
  return { ...learned, everOffsets: new Map(family.everOffsets).set(path, ever) };
}

function offsetsOutlive({ deviations = [] }: ModelRules): boolean {
  return deviations.includes("offset-outlives-stream");
}
