/**
 * The server's keys for subscriptions: Ed25519 for webhook signatures, HMAC for the tokens of wakes.
 * They are kept in the store, so that every process has them, also after a restart. Signing keys rotate.
 * https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (sections 6.5 and 12.9)
 */
import { fromBase64, toBase64 } from "@freshet/core";
import type { Store } from "../store/store.ts";
import { SubscriptionError } from "./subscription-error.ts";

const DOCUMENT = "subscription-keys";
/** Longer than a worker is likely to keep one wake. What usually ends a token is its generation. */
const TOKEN_LIFETIME_S = 24 * 3600;

/** How long a new signing key is published before it signs: longer than receivers may cache the keys. */
const PUBLISH_AHEAD_MS = 15 * 60_000;
/** How often a process looks whether another one has added a signing key. */
const RELOAD_MS = 60_000;

interface StoredKeys {
  /** The newest is the last. The one before is still published, for what it has signed. */
  readonly signing: readonly StoredSigningKey[];
  readonly tokenSecret: string;
}

interface StoredSigningKey {
  readonly privateKey: JsonWebKey;
  /** In milliseconds since 1970. */
  readonly signsFrom: number;
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

interface SigningKey {
  readonly publicJwk: PublicJwk;
  readonly privateKey: CryptoKey;
  readonly signsFrom: number;
}

export class SubscriptionKeys {
  readonly #signing: readonly SigningKey[];
  readonly #tokenKey: CryptoKey;

  private constructor(signing: readonly SigningKey[], tokenKey: CryptoKey) {
    this.#signing = signing;
    this.#tokenKey = tokenKey;
  }

  /** Loads the keys of the store. Generates them if it has none, and a signing key if it is old. */
  static async load(
    { documents }: Store,
    lifetimeMs: number,
    now: number = Date.now(),
  ): Promise<SubscriptionKeys> {
    for (;;) {
      const found = await documents.get(DOCUMENT);
      const stored = found && (JSON.parse(found.value) as StoredKeys);
      const keys = stored ? await rotated(stored, lifetimeMs, now) : await generate(now);
      // Another process may be faster.
      if (keys !== stored) {
        const value = JSON.stringify(keys);
        if ((await documents.set(DOCUMENT, value, found?.version)) === undefined) continue;
      }
      const secret = fromBase64url(keys.tokenSecret);
      return new SubscriptionKeys(
        await Promise.all(keys.signing.map(importSigningKey)),
        await crypto.subtle.importKey("raw", secret, hmac, false, ["sign", "verify"]),
      );
    }
  }

  /** The keys that verify signatures, of which there are at most two. */
  get publicJwks(): readonly PublicJwk[] {
    return this.#signing.map(({ publicJwk }) => publicJwk);
  }

  /** The id of the key that signs. */
  activeKid(now: number = Date.now()): string {
    return this.#active(now).publicJwk.kid;
  }

  /** The value of the header `Webhook-Signature` for a body sent now. */
  async signWebhook(body: string, now: number = Date.now()): Promise<string> {
    const timestamp = Math.floor(now / 1000);
    const { privateKey, publicJwk } = this.#active(now);
    const signed = await crypto.subtle.sign(
      "Ed25519",
      privateKey,
      encoder.encode(`${timestamp}.${body}`),
    );
    return `t=${timestamp},kid=${publicJwk.kid},ed25519=${base64url(new Uint8Array(signed))}`;
  }

  #active(now: number): SigningKey {
    const active = this.#signing.findLast(({ signsFrom }) => signsFrom <= now) ?? this.#signing[0];
    if (active) return active;
    throw new Error("The keys of subscriptions in the store are damaged: there is no signing key.");
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

/** Loads the keys on the first call, and again after a minute. A failed load is tried again. */
export function lazyKeys(store: Store, lifetimeMs: number): () => Promise<SubscriptionKeys> {
  let keys: Promise<SubscriptionKeys> | undefined;
  let reloadAt = 0;
  return () => {
    const now = Date.now();
    if (now >= reloadAt) keys = undefined;
    if (keys) return keys;
    reloadAt = now + RELOAD_MS;
    const loading = SubscriptionKeys.load(store, lifetimeMs).catch((error: unknown) => {
      if (keys === loading) keys = undefined;
      throw error;
    });
    return (keys = loading);
  };
}

const hmac = { name: "HMAC", hash: "SHA-256" };

async function generate(now: number): Promise<StoredKeys> {
  return {
    signing: [{ privateKey: await generateSigningKey(), signsFrom: now }],
    tokenSecret: base64url(crypto.getRandomValues(new Uint8Array(32))),
  };
}

async function generateSigningKey(): Promise<JsonWebKey> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  return crypto.subtle.exportKey("jwk", pair.privateKey);
}

/** The same keys, unless the newest has signed for its whole lifetime. */
async function rotated(keys: StoredKeys, lifetimeMs: number, now: number): Promise<StoredKeys> {
  const newest = keys.signing.at(-1);
  if (newest && now < newest.signsFrom + lifetimeMs) return keys;
  const next = { privateKey: await generateSigningKey(), signsFrom: now + PUBLISH_AHEAD_MS };
  return { ...keys, signing: newest ? [newest, next] : [next] };
}

async function importSigningKey({ privateKey, signsFrom }: StoredSigningKey): Promise<SigningKey> {
  const { kty = "", crv = "", x = "" } = privateKey;
  const thumbprint = await crypto.subtle.digest(
    "SHA-256",
    encoder.encode(JSON.stringify({ crv, kty, x })),
  );
  const kid = `ds_${base64url(new Uint8Array(thumbprint))}`;
  return {
    publicJwk: { kty, crv, x, kid, use: "sig", alg: "EdDSA" },
    privateKey: await crypto.subtle.importKey("jwk", privateKey, "Ed25519", false, ["sign"]),
    signsFrom,
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
