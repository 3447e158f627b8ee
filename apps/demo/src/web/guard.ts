import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";

const loopbackHosts = new Set(["127.0.0.1", "localhost", "[::1]"]);

/**
 * Lets in what comes from this machine and, if it changes something, from our own page. A page of some
 * other site that is open in the same browser reaches loopback too, by a name that it made resolve to it
 * (then the Host is not ours) or by a plain POST (then the Origin is not).
 */
export const guard: MiddlewareHandler = async (c, next) => {
  const host = c.req.header("host") ?? "";
  if (!loopbackHosts.has(host.replace(/:\d+$/, ""))) {
    return c.json({ error: `This server answers on loopback only, not as ${host}.` }, 421);
  }
  const isWrite = c.req.method !== "GET" && c.req.method !== "HEAD";
  const origin = c.req.header("origin");
  // Programs that are no browser send no Origin; nothing can make a browser leave it out of a write.
  if (isWrite && origin !== undefined && origin !== `http://${host}`) {
    return c.json({ error: `A page of ${origin} may not write here.` }, 403);
  }
  return next();
};

/** Nothing from elsewhere, nothing inline, and no frame around it. */
export const pageHeaders: MiddlewareHandler = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    // React sets the height of the timeline and the place of the note through the style object, which a
    // policy does not concern; nothing sets a style attribute in HTML.
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
  referrerPolicy: "no-referrer",
  strictTransportSecurity: false,
});
