/**
 * Where webhooks may go: a subscription must not make the server call into its own network.
 * https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md (sections 6.2 and 12.8)
 */
import { SubscriptionError } from "../subscription-state.ts";

/**
 * @param allowLocal - whether `http://localhost` and `http://127.x.x.x` may be called, for development
 * @throws SubscriptionError `WEBHOOK_URL_REJECTED`
 */
export function checkWebhookUrl(text: string, allowLocal: boolean): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw rejected("webhook.url is not a URL.");
  }
  if (url.username || url.password) throw rejected("webhook.url must not hold credentials.");
  const host = url.hostname.toLowerCase().replace(/\.$/, "");
  if (allowLocal && url.protocol === "http:" && isLocalHost(host)) return url;
  if (url.protocol !== "https:") throw rejected("webhook.url must be an https URL.");
  if (host === "localhost" || /\.(localhost|local|internal|home\.arpa)$/.test(host)) {
    throw rejected("webhook.url names a host of a local network.");
  }
  const address = host.startsWith("[") ? host.slice(1, -1) : host;
  if (isAddress(address) && !isPublicAddress(address)) {
    throw rejected("webhook.url names an address that is not public.");
  }
  return url;
}

function rejected(message: string): SubscriptionError {
  return new SubscriptionError("WEBHOOK_URL_REJECTED", message);
}

export function isLocalHost(host: string): boolean {
  return host === "localhost" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function isAddress(host: string): boolean {
  return host.includes(":") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}

/** Blocks of IPv4 that are not for the public Internet (IANA special-purpose registry). */
const notPublic: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
];

/** Whether an address is one of the public Internet. Of IPv6 only global unicast without tunnels. */
export function isPublicAddress(address: string): boolean {
  if (!address.includes(":")) {
    const value = ipv4Value(address);
    return !notPublic.some(
      ([base, bits]) => value >>> (32 - bits) === ipv4Value(base) >>> (32 - bits),
    );
  }
  const [first = "", second = ""] = address.toLowerCase().split(":");
  const head = Number.parseInt(first || "0", 16);
  const next = Number.parseInt(second || "0", 16);
  const isGlobalUnicast = head >= 0x2000 && head <= 0x3fff;
  const isTunnel = head === 0x2002 || (head === 0x2001 && next < 0x200) || head === 0x3fff;
  const isDocumentation = head === 0x2001 && next === 0xdb8;
  return isGlobalUnicast && !isTunnel && !isDocumentation;
}

function ipv4Value(address: string): number {
  return address.split(".").reduce((value, part) => (value << 8) | Number(part), 0) >>> 0;
}
