import { crc32Range, type Crc32, type Crc32Range } from "#crc32";
import { minMessageBytes } from "./frame-layout.ts";

/** What both directions can be told. */
export interface CodecOptions {
  /** The longest frame, in bytes, all of it counted. Default 25,296,912: 24 MiB of payload, 128 KiB of headers, 16. */
  maxMessageBytes?: number | undefined;
  /** The longest header block, in bytes. Default 131,072. */
  maxHeaderBytes?: number | undefined;
  /** A checksum of your own, instead of the platform's fastest. */
  crc32?: Crc32 | undefined;
}

/** How to decode. */
export interface DecoderOptions extends CodecOptions {
  /** What to do with a header name that occurs twice. Default `"error"`; `"last"` keeps the last. */
  duplicateHeaders?: "error" | "last" | undefined;
  /**
   * Copy payloads and binary headers, instead of giving views of the chunk they came in. The caller
   * may then use its buffer again as soon as `push` has returned.
   */
  copy?: boolean | undefined;
}

/** How to encode. */
export type EncoderOptions = CodecOptions;

/** Options with their defaults, and the checksum in the form that the code uses. */
export interface ResolvedOptions {
  readonly maxMessageBytes: number;
  readonly maxHeaderBytes: number;
  readonly keepLastDuplicate: boolean;
  readonly copy: boolean;
  readonly crc32Range: Crc32Range;
}

const defaults: ResolvedOptions = {
  maxMessageBytes: 25_165_824 + 131_072 + minMessageBytes,
  maxHeaderBytes: 131_072,
  keepLastDuplicate: false,
  copy: false,
  crc32Range,
};

export function resolveOptions(options: DecoderOptions | undefined): ResolvedOptions {
  if (options === undefined) return defaults;
  const own = options.crc32;
  return {
    maxMessageBytes: limit("maxMessageBytes", options.maxMessageBytes, minMessageBytes),
    maxHeaderBytes: limit("maxHeaderBytes", options.maxHeaderBytes, 0),
    keepLastDuplicate: options.duplicateHeaders === "last",
    copy: options.copy === true,
    crc32Range: own
      ? (view, start, end, seed) =>
          own(new Uint8Array(view.buffer, view.byteOffset + start, end - start), seed >>> 0) | 0
      : crc32Range,
  };
}

function limit(
  name: "maxMessageBytes" | "maxHeaderBytes",
  value: number | undefined,
  least: number,
): number {
  if (value === undefined) return defaults[name];
  // NaN would switch the limit off without a word; a length on the wire has 32 bits.
  if (value >= least && value <= 0xffffffff) return value;
  throw new RangeError(`${name} must be a number from ${least} to 4294967295, not ${value}.`);
}
