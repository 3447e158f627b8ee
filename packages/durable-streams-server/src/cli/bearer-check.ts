import { createHash, timingSafeEqual } from "node:crypto";

/** Whether an Authorization header has a token of the server. */
export type BearerCheck = (authorization: string | null | undefined) => boolean;

/** @param tokens - without any, every request is allowed */
export function bearerCheck(tokens: readonly string[]): BearerCheck {
  // Hashes have the same length, so that a comparison takes the same time for every header.
  const hash = (text: string) => createHash("sha256").update(text).digest();
  const expected = tokens.map((token) => hash(`Bearer ${token}`));
  return (authorization) => {
    const given = hash(authorization ?? "");
    return expected.length === 0 || expected.some((token) => timingSafeEqual(token, given));
  };
}

export const unauthorizedMessage = "Authorization must be Bearer and a token of this server.\n";

export function unauthorized(): Response {
  return new Response(unauthorizedMessage, {
    status: 401,
    headers: { "www-authenticate": "Bearer" },
  });
}
