import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";

const loopbackHosts = new Set(["127.0.0.1", "localhost", "[::1]"]);

/**
 * Accepts requests from this machine and, if they change something, only from the demo's own page. A page
 * of another site in the same browser can also reach loopback: by a name that it makes resolve to it
 * (then the Host is not ours) or by a plain POST (then the Origin is not).
 */
export const guard: MiddlewareHandler = async (c, next) => {
  const host = c.req.header("host") ?? "";
  if (!loopbackHosts.has(host.replace(/:\d+$/, ""))) {
    return c.json({ error: `This server is reachable on loopback only, not as ${host}.` }, 421);
  }
  const isWrite = c.req.method !== "GET" && c.req.method !== "HEAD";
  const origin = c.req.header("origin");
  // Programs other than browsers send no Origin; a browser never leaves it out of a write.
  if (isWrite && origin !== undefined && origin !== `http://${host}`) {
    return c.json({ error: `A page of ${origin} may not write here.` }, 403);
  }
  return next();
};

/** Forbids the page everything from other origins, everything inline, and a frame around it. */
export const pageHeaders: MiddlewareHandler = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    // React sets the height of the timeline and the place of the note through the style object, which
    // the policy does not affect; nothing sets a style attribute in HTML.
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
  referrerPolicy: "no-referrer",
  strictTransportSecurity: false,
});
