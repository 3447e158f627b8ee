import { describe, expect, test } from "vitest";
import { isPublicAddress as onNode } from "../../../src/subscriptions/webhook/public-address-node.ts";
import { isPublicAddress as portable } from "../../../src/subscriptions/webhook/public-address-portable.ts";

type Edge = string | undefined;
/** The first and last address of each block, and the neighbours that do not belong to a block. */
const blocks: [first: string, last: string, before?: Edge, after?: Edge][] = [
  ["0.0.0.0", "0.255.255.255", undefined, "1.0.0.0"],
  ["10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"],
  ["100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"],
  ["127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"],
  ["169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"],
  ["172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"],
  ["192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"],
  ["192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"],
  ["192.31.196.0", "192.31.196.255", "192.31.195.255", "192.31.197.0"],
  ["192.52.193.0", "192.52.193.255", "192.52.192.255", "192.52.194.0"],
  ["192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"],
  ["192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"],
  ["192.175.48.0", "192.175.48.255", "192.175.47.255", "192.175.49.0"],
  ["198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"],
  ["198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"],
  ["203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"],
  ["224.0.0.0", "255.255.255.255", "223.255.255.255"],
  ["::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", undefined, "2000::"],
  ["2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2000:ffff::", "2001:200::"],
  ["2001:db8::", "2001:db8:ffff::ffff", "2001:db7:ffff::", "2001:db9::"],
  ["2002::", "2002:ffff::", "2001:ffff::", "2003::"],
  ["2620:4f:8000::", "2620:4f:8000:ffff::", "2620:4f:7fff:ffff::", "2620:4f:8001::"],
  ["3fff::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3ffe:ffff::"],
];

const neverPublic = [
  "",
  "nonsense",
  "1.2.3",
  "1.2.3.256",
  "1::2::3",
  "2606:2800",
  "::1",
  "::ffff:10.0.0.1",
  "::ffff:93.184.215.14",
  "64:ff9b::a00:1",
  "fc00::1",
  "fe80::1",
  "fe80::1%eth0",
  "ff02::1",
  "4000::1",
  "169.254.169.254",
];

describe.each([
  ["on Node", onNode],
  ["elsewhere", portable],
])("whether an address is public, %s", (_, isPublicAddress) => {
  test.each(blocks)("no address from %s to %s is public", (first, last, before, after) => {
    expect([first, last].map(isPublicAddress)).toEqual([false, false]);
    for (const neighbour of [before, after]) {
      if (neighbour !== undefined) expect(isPublicAddress(neighbour), neighbour).toBe(true);
    }
  });

  test.each(neverPublic)("%j is not public", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  test.each(["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "2A00:1450::1"])(
    "%s is public",
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );
});
