/**
 * Signs the frames that a client sends in a bidirectional stream, with Signature Version 4. It needs
 * nothing but WebCrypto.
 *
 * @module
 */
// https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html
import {
  aFunction,
  checkOption,
  checkOptions,
  nonEmptyString,
  type OptionRule,
} from "@freshet/core";
import { invalidOption } from "./event-stream-error.ts";
import { header } from "./headers/header-value.ts";
import { encodeHeaders, encodeMessage } from "./frame/encode-message.ts";

/** The part of AWS credentials that signing a frame needs. */
export interface SigningCredentials {
  readonly secretAccessKey: string;
}

/** Options of {@link signMessages}. */
export interface SignMessagesOptions {
  /** The signature of the request that opened the stream: 64 hexadecimal digits. */
  readonly signature: string;
  readonly region: string;
  /** The service's signing name, such as `transcribe` or `bedrock`. */
  readonly service: string;
  /** A function is called once, before the first frame. */
  readonly credentials:
    SigningCredentials | (() => SigningCredentials | PromiseLike<SigningCredentials>);
  /** Returns the time of a frame. Default: the system's. */
  readonly now?: (() => Date) | undefined;
}

const noBytes = /* @__PURE__ */ new Uint8Array(0);
const utf8 = /* @__PURE__ */ new TextEncoder();

const requestSignature: OptionRule = {
  expected: "the signature of the request, 64 hexadecimal digits",
  accepts: (value) => typeof value === "string" && /^[\da-f]{64}$/i.test(value),
};

const credentials: OptionRule = {
  expected: "an object with a secretAccessKey, or a function that returns one",
  accepts: (value) => typeof value === "function" || isCredentials(value),
  isSecret: true,
};

/**
 * Wraps each encoded frame in a signed one, whose signature covers that of the frame before it, and ends
 * with the signed empty frame that closes the stream. If the source fails, nothing closes the stream.
 *
 * @param source - encoded frames, one per item
 * @throws EventStreamError `INVALID_OPTION` immediately for an option that is not allowed
 * @example
 * ```ts
 * import { encodeMessage, header } from "@freshet/eventstream-codec";
 * import { signMessages } from "@freshet/eventstream-codec/signing";
 *
 * async function* frames() {
 *   const headers = { ":message-type": header.string("event"), ":event-type": header.string("chunk") };
 *   yield encodeMessage({ headers, payload: new Uint8Array([1, 2, 3]) });
 * }
 * const signed = signMessages(frames(), {
 *   signature: "00".repeat(32), // from the request's Authorization header
 *   region: "us-east-1",
 *   service: "bedrock",
 *   credentials: { secretAccessKey: "secret" },
 * });
 * for await (const frame of signed) console.log(frame.byteLength); // 187, then 84
 * ```
 */
export function signMessages(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: SignMessagesOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
  const required = { signature: requestSignature, region: nonEmptyString, service: nonEmptyString };
  checkRequired({ ...options }, { ...required, credentials });
  checkOptions(options, { now: aFunction }, invalidOption);
  return signFrames(source, options);
}

/** Unlike `checkOptions`, refuses `undefined`: there is no default. */
function checkRequired(options: Record<string, unknown>, rules: Record<string, OptionRule>): void {
  for (const [name, rule] of Object.entries(rules)) {
    checkOption(name, options[name] ?? null, rule, invalidOption);
  }
}

async function* signFrames(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: SignMessagesOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
  const signer = await FrameSigner.create(options);
  for await (const frame of source) yield await signer.sign(frame);
  yield await signer.sign(noBytes);
  return undefined;
}

class FrameSigner {
  readonly #options: SignMessagesOptions;
  readonly #secret: Uint8Array<ArrayBuffer>;
  #prior: string;
  /** The day of the signing key. */
  #day = "";
  #key: CryptoKey | undefined;

  private constructor(options: SignMessagesOptions, { secretAccessKey }: SigningCredentials) {
    this.#options = options;
    this.#secret = utf8.encode(`AWS4${secretAccessKey}`);
    this.#prior = options.signature.toLowerCase();
  }

  static async create(options: SignMessagesOptions): Promise<FrameSigner> {
    const given = options.credentials;
    const found: unknown = typeof given === "function" ? await given() : given;
    if (!isCredentials(found)) {
      throw invalidOption("credentials returned no secretAccessKey: expected an object with one.");
    }
    return new FrameSigner(options, found);
  }

  async sign(frame: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    const { region, service, now = () => new Date() } = this.#options;
    // The header has milliseconds, the string to sign has none: both must name the same time.
    const date = new Date(Math.floor(now().getTime() / 1000) * 1000);
    const time = date.toISOString().replace(/[-:]|\.\d+/g, "");
    const day = time.slice(0, 8);
    const headers = { ":date": header.timestamp(date) };
    const text = [
      "AWS4-HMAC-SHA256-PAYLOAD",
      time,
      `${day}/${region}/${service}/aws4_request`,
      this.#prior,
      toHex(await sha256(encodeHeaders(headers))),
      toHex(await sha256(frame)),
    ].join("\n");
    const signature = await hmac(await this.#keyOf(day), text);
    this.#prior = toHex(signature);
    return encodeMessage({
      headers: { ...headers, ":chunk-signature": header.binary(signature) },
      payload: frame,
    });
  }

  async #keyOf(day: string): Promise<CryptoKey> {
    if (this.#key && this.#day === day) return this.#key;
    const { region, service } = this.#options;
    let key = await importKey(this.#secret);
    for (const part of [day, region, service, "aws4_request"]) {
      key = await importKey(await hmac(key, part));
    }
    this.#day = day;
    return (this.#key = key);
  }
}

function isCredentials(value: unknown): value is SigningCredentials {
  const secret = (value as Partial<SigningCredentials> | null | undefined)?.secretAccessKey;
  return typeof secret === "string" && secret !== "";
}

function importKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
}

async function hmac(key: CryptoKey, text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8.encode(text)));
}

async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  // WebCrypto refuses views of shared memory, and copies all others anyway.
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes)));
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
