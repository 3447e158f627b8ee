import { redactText } from "@freshet/core";

/** Shorter words are a scheme (`Bearer`) rather than a credential. */
const minWordLength = 8;

/** What may not appear in an error: the values of the caller's headers and parameters. */
export function secretsOf(headers: object, params: object): string[] {
  const values = [
    ...Object.values<unknown>({ ...headers }),
    ...Object.values<unknown>({ ...params }),
  ];
  const texts = values.filter((value) => typeof value === "string");
  const words = texts.flatMap((text) => text.split(/[\s;,=]/));
  const secrets = [...texts, ...words.filter((word) => word.length >= minWordLength)];
  const encoded = secrets.map((secret) => encodeURIComponent(secret));
  // The longest first, which may contain others.
  return [...new Set([...secrets, ...encoded])].sort((a, b) => b.length - a.length);
}

/**
 * An error of a transport, without the secrets: the same one unless it contains any. Such errors may
 * quote a header or the whole URL.
 */
export function redactCause(
  cause: unknown,
  secrets: readonly string[],
  depth: number = 0,
): unknown {
  if (typeof cause === "string") return redactText(cause, secrets);
  if (!(cause instanceof Error) || depth > 8) return cause;
  const { name, message, stack } = cause;
  const own = Object.values(cause).filter((value) => typeof value === "string");
  const text = [message, stack ?? "", ...own].join("\n");
  const inner = redactCause(cause.cause, secrets, depth + 1);
  if (inner === cause.cause && redactText(text, secrets) === text) return cause;
  const copy = new Error(redactText(message, secrets), inner === undefined ? {} : { cause: inner });
  copy.name = name;
  if (stack !== undefined) copy.stack = redactText(stack, secrets);
  return copy;
}
