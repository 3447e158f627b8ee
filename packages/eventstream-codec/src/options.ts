import { aBoolean, aFunction, type OptionRule, type OptionRules } from "@freshet/core";
import { crc32Range, type Crc32, type Crc32Range } from "#crc32";
import { bytesOf } from "./byte-views.ts";
import { EventStreamError } from "./event-stream-error.ts";
import { minMessageBytes } from "./frame-layout.ts";

/** Options of both directions. */
export interface CodecOptions {
  /** The longest frame in bytes, all of it counted. Default 25,296,912: 24 MiB of payload, 128 KiB of headers, 16. */
  maxMessageBytes?: number | undefined;
  /** The longest header block in bytes. Default 131,072. */
  maxHeaderBytes?: number | undefined;
  /** A checksum of your own, instead of the platform's fastest. */
  crc32?: Crc32 | undefined;
}

/** Options of decoding. */
export interface DecoderOptions extends CodecOptions {
  /** What to do with a header name that occurs twice. Default `"error"`; `"last"` keeps the last. */
  duplicateHeaders?: "error" | "last" | undefined;
  /**
   * Copies payloads and binary headers, instead of giving views of the chunk that they came in. The
   * caller may then reuse its buffer as soon as `push` has returned.
   */
  copy?: boolean | undefined;
}

/** Options of encoding. */
export type EncoderOptions = CodecOptions;

/** Checked options with their defaults, and the checksum in the form that the code uses. */
export interface ResolvedOptions {
  readonly maxMessageBytes: number;
  readonly maxHeaderBytes: number;
  readonly keepLastDuplicate: boolean;
  readonly copy: boolean;
  readonly crc32Range: Crc32Range;
}

const rules = {
  maxMessageBytes: /* @__PURE__ */ length(minMessageBytes),
  maxHeaderBytes: /* @__PURE__ */ length(0),
  duplicateHeaders: {
    expected: '"error" or "last"',
    accepts: (value) => value === "error" || value === "last",
  },
  copy: aBoolean,
  crc32: aFunction,
} satisfies OptionRules<DecoderOptions>;

/** Allows the lengths that 32 bits on the wire can hold. */
function length(min: number): OptionRule {
  return {
    expected: `a whole number from ${min} to 4294967295`,
    accepts: (value) => (value as number) >= min && (value as number) >>> 0 === value,
  };
}

const defaults = /* @__PURE__ */ withDefaults({});

/**
 * Checks options and fills in the defaults.
 *
 * @throws EventStreamError `INVALID_OPTION`
 */
export function resolveOptions(options: DecoderOptions | undefined): ResolvedOptions {
  if (options === undefined) return defaults;
  checkRules(options, rules);
  return withDefaults(options);
}

/**
 * Checks options as `checkOptions` of core does, which would make the bundle for reading a stream 10 %
 * larger.
 *
 * @throws EventStreamError `INVALID_OPTION`
 */
export function checkRules(options: object, rules: Record<string, OptionRule>): void {
  // Without Object.entries, which allocates: encodeMessage comes here for every message.
  for (const name in rules) {
    const rule = rules[name];
    const value = (options as Record<string, unknown>)[name];
    if (value === undefined || rule?.accepts(value)) continue;
    const message = `${name} is ${value as string}: expected ${rule?.expected}.`;
    throw new EventStreamError("INVALID_OPTION", message);
  }
}

function withDefaults({
  maxMessageBytes = 25_165_824 + 131_072 + minMessageBytes,
  maxHeaderBytes = 131_072,
  duplicateHeaders,
  copy = false,
  crc32,
}: DecoderOptions): ResolvedOptions {
  return {
    maxMessageBytes,
    maxHeaderBytes,
    keepLastDuplicate: duplicateHeaders === "last",
    copy,
    crc32Range: crc32 ? rangeOf(crc32) : crc32Range,
  };
}

function rangeOf(crc32: Crc32): Crc32Range {
  return (view, start, end, seed) => crc32(bytesOf(view, start, end), seed >>> 0) | 0;
}
