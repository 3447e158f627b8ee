/** Requests and responses of the protocol, as far as a model of streams decides them. */
import type { Producer } from "../store/store.ts";

/** A token for a position: opaque, and in the order of positions as text. */
export type Offset = string;

export interface CreateStream {
  readonly kind: "create";
  readonly path: string;
  readonly closed: boolean;
  readonly data: string;
  readonly fork?: { readonly path: string; readonly offset?: Offset | undefined } | undefined;
}

export interface AppendToStream {
  readonly kind: "append";
  readonly path: string;
  /** Empty: only close. */
  readonly data: string;
  readonly close: boolean;
  readonly seq?: string | undefined;
  readonly producer?: Producer | undefined;
}

export interface ReadStream {
  readonly kind: "read";
  readonly path: string;
  /** The start when left out. */
  readonly offset?: Offset | undefined;
}

export interface HeadOrDelete {
  readonly kind: "head" | "delete";
  readonly path: string;
}

export type StreamRequest = CreateStream | AppendToStream | ReadStream | HeadOrDelete;

/** A status code and the headers of the protocol that came with it. */
export interface StreamResponse {
  readonly status: number;
  /** `Stream-Next-Offset`. */
  readonly offset?: Offset | undefined;
  /** `Stream-Closed`. */
  readonly closed?: boolean | undefined;
  readonly producerEpoch?: number | undefined;
  readonly producerSeq?: number | undefined;
  readonly expectedSeq?: number | undefined;
  readonly receivedSeq?: number | undefined;
  /** What a read gave. */
  readonly content?: string | undefined;
}

/** The offsets that a request names. */
export function offsetsOf(request: StreamRequest): readonly Offset[] {
  const offset =
    request.kind === "read"
      ? request.offset
      : request.kind === "create"
        ? request.fork?.offset
        : undefined;
  return offset === undefined ? [] : [offset];
}

/** Whether a request with this response changes nothing, whatever the stream was. */
export function isPure(request: StreamRequest, { status }: StreamResponse): boolean {
  if (request.kind === "read" || request.kind === "head" || status >= 400) return true;
  if (request.kind === "create") return status === 200;
  // With data, a producer's new append is 200.
  return request.kind === "append" && Boolean(request.producer && request.data) && status === 204;
}
