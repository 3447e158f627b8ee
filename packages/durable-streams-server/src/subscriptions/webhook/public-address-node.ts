import { BlockList, isIP } from "node:net";
import { ipv4Blocks, ipv6Blocks, type AddressBlock } from "./special-purpose-blocks.ts";

// One list per family: a list of both takes an IPv4 address for one in ::/3 as well.
const lists = { ipv4: toBlockList(ipv4Blocks, "ipv4"), ipv6: toBlockList(ipv6Blocks, "ipv6") };

function toBlockList(blocks: readonly AddressBlock[], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const { base, prefixLength } of blocks) list.addSubnet(base, prefixLength, family);
  return list;
}

/** Whether an IP address belongs to the public Internet. */
export function isPublicAddress(address: string): boolean {
  const [withoutZone = ""] = address.split("%");
  const version = isIP(withoutZone);
  if (version === 0) return false;
  const family = version === 4 ? "ipv4" : "ipv6";
  return !lists[family].check(withoutZone, family);
}
