import { redactUrl } from "@freshet/core";
import { AgentStreamError } from "../wire/error.ts";
import { page } from "./page.ts";

/** https://fetch.spec.whatwg.org/#port-blocking */
const blockedPorts =
  "0,1,7,9,11,13,15,17,19,20,21,22,23,25,37,42,43,53,69,77,79,87,95,101,102,103,104,109,110,111,113,115,117,119,123,135,137,139,143,161,179,389,427,465,512,513,514,515,526,530,531,532,540,548,554,556,563,587,601,636,989,990,993,995,1719,1720,1723,2049,3659,4045,4190,5060,5061,6000,6566,6665,6666,6667,6668,6669,6679,6697,10080".split(
    ",",
  );

const protocols = ["http:", "https:", "data:", "blob:"];

/**
 * The error of a request that `fetch` itself refuses, today and always: only its own check shows what that is
 * on a platform. `undefined` for a failure of the network, which may pass.
 *
 * @param error - what `fetch` threw
 */
export function refusedRequest(
  error: unknown,
  url: string,
  init: RequestInit,
): AgentStreamError | undefined {
  if (error instanceof AgentStreamError) return undefined;
  try {
    const request = new Request(url, { ...init, signal: null });
    const { port, protocol } = new URL(request.url);
    if (!protocols.includes(protocol)) return refusal(url, `${protocol} is not requested`, error);
    if (!blockedPorts.includes(port)) return undefined;
    return refusal(url, `no client may connect to port ${port}`, error);
  } catch (cause) {
    return refusal(url, String(cause), cause);
  }
}

function refusal(url: string, reason: string, cause: unknown): AgentStreamError {
  const shown = redactUrl(url);
  return new AgentStreamError("REQUEST_REFUSED", `${shown} cannot be requested: ${reason}.`, {
    ...{ url: shown, cause },
  });
}

let cacheOption: Pick<RequestInit, "cache"> | undefined;

/** Past every cache; left out where the runtime does not know the option (workerd before November 2024). */
export function uncached(): Pick<RequestInit, "cache"> {
  if (cacheOption) return cacheOption;
  const init = { cache: "no-store" } as const;
  try {
    new Request("https://example.com/", init);
    return (cacheOption = init);
  } catch {
    return (cacheOption = {});
  }
}

/**
 * Whether the browser's CORS check refuses `Last-Event-ID`, as far as a page can know: the server is there, and
 * only a request with that header, which needs a preflight, fails.
 */
export async function isPreflightRefused(url: string, signal: AbortSignal): Promise<boolean> {
  const { location, document } = page;
  const { origin } = new URL(url, location?.origin);
  if (!document || !location || origin === location.origin) return false;
  try {
    await fetch(origin, { method: "HEAD", mode: "no-cors", credentials: "omit", signal });
    return true;
  } catch {
    return false;
  }
}
