/**
 * The server's keys for subscriptions: Ed25519 for webhook signatures, HMAC for the tokens of wakes.
 * They are generated once and kept in the store, so that every process has them, also after a restart.
 * https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (sections 6.5 and 12.9)
 */
import { fromBase64, toBase64 } from "@freshet/core";
import type { Store } from "../store/store.ts";
import { SubscriptionError } from "./subscription-error.ts";

const DOCUMENT = "subscription-keys";
/** Longer than a worker is likely to keep one wake. What usually ends a token is its generation. */
const TOKEN_LIFETIME_S = 24 * 3600;

interface StoredKeys {
  readonly privateKey: JsonWebKey;
  readonly tokenSecret: string;
}

export interface PublicJwk {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly kid: string;
  readonly use: "sig";
  readonly alg: "EdDSA";
}

const encoder = new TextEncoder();

export class SubscriptionKeys {
  readonly publicJwk: PublicJwk;
  readonly #privateKey: CryptoKey;
  readonly #tokenKey: CryptoKey;

  private constructor(publicJwk: PublicJwk, privateKey: CryptoKey, tokenKey: CryptoKey) {
    this.publicJwk = publicJwk;
    this.#privateKey = privateKey;
    this.#tokenKey = tokenKey;
  }

  /** Loads the keys of the store, or generates them if it has none. */
  static async load({ documents }: Store): Promise<SubscriptionKeys> {
    let stored = await documents.get(DOCUMENT);
    if (!stored) {
      await documents.set(DOCUMENT, JSON.stringify(await generate()), undefined);
      // Another process may have been faster.
      stored = await documents.get(DOCUMENT);
    }
    const keys = JSON.parse(stored?.value ?? "") as StoredKeys;
    const { kty = "", crv = "", x = "" } = keys.privateKey;
    const thumbprint = await crypto.subtle.digest(
      "SHA-256",
      encoder.encode(JSON.stringify({ crv, kty, x })),
    );
    const kid = `ds_${base64url(new Uint8Array(thumbprint))}`;
    return new SubscriptionKeys(
      { kty, crv, x, kid, use: "sig", alg: "EdDSA" },
      await crypto.subtle.importKey("jwk", keys.privateKey, "Ed25519", false, ["sign"]),
      await crypto.subtle.importKey("raw", fromBase64url(keys.tokenSecret), hmac, false, [
        "sign",
        "verify",
      ]),
    );
  }

  /** The value of the header `Webhook-Signature` for a body sent now. */
  async signWebhook(body: string, now: number = Date.now()): Promise<string> {
    const timestamp = Math.floor(now / 1000);
    const signed = await crypto.subtle.sign(
      "Ed25519",
      this.#privateKey,
      encoder.encode(`${timestamp}.${body}`),
    );
    return `t=${timestamp},kid=${this.publicJwk.kid},ed25519=${base64url(new Uint8Array(signed))}`;
  }

  /** Makes a token that lets its bearer acknowledge one wake of one subscription. */
  async token(subscription: string, generation: number): Promise<string> {
    const exp = Math.floor(Date.now() / 1000) + TOKEN_LIFETIME_S;
    const payload = base64url(encoder.encode(JSON.stringify({ subscription, generation, exp })));
    const mac = await crypto.subtle.sign("HMAC", this.#tokenKey, encoder.encode(payload));
    return `${payload}.${base64url(new Uint8Array(mac))}`;
  }

  /**
   * Verifies a token.
   *
   * @returns the generation that it is for
   * @throws SubscriptionError `TOKEN_INVALID`, `TOKEN_EXPIRED`
   */
  async verifyToken(token: string, subscription: string): Promise<number> {
    const [payload = "", mac = "", ...more] = token.split(".");
    const isOurs =
      more.length === 0 &&
      (await crypto.subtle
        .verify("HMAC", this.#tokenKey, fromBase64url(mac), encoder.encode(payload))
        .catch(() => false));
    if (!isOurs) throw new SubscriptionError("TOKEN_INVALID", "The token is not from this server.");
    const text = new TextDecoder().decode(fromBase64url(payload));
    const claims = JSON.parse(text) as { subscription: string; generation: number; exp: number };
    if (claims.subscription !== subscription) {
      throw new SubscriptionError("TOKEN_INVALID", "The token is for another subscription.");
    }
    if (claims.exp * 1000 < Date.now()) {
      throw new SubscriptionError("TOKEN_EXPIRED", "The token has expired.");
    }
    return claims.generation;
  }
}

/** Loads the keys on the first call. A failed load is tried again by the next call. */
export function lazyKeys(store: Store): () => Promise<SubscriptionKeys> {
  let keys: Promise<SubscriptionKeys> | undefined;
  return () =>
    (keys ??= SubscriptionKeys.load(store).catch((error: unknown) => {
      keys = undefined;
      throw error;
    }));
}

const hmac = { name: "HMAC", hash: "SHA-256" };

async function generate(): Promise<StoredKeys> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  return {
    privateKey: await crypto.subtle.exportKey("jwk", pair.privateKey),
    tokenSecret: base64url(crypto.getRandomValues(new Uint8Array(32))),
  };
}

function base64url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** No bytes for text that is not base64url, which then fails verification. */
function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(fromBase64(text.replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    return new Uint8Array(0);
  }
}
