import { ipv4Blocks, ipv6Blocks, type AddressBlock } from "./special-purpose-blocks.ts";

/** Whether an IP address belongs to the public Internet. */
export function isPublicAddress(address: string): boolean {
  const [withoutZone = ""] = address.split("%");
  if (withoutZone.includes(":")) return isOutside(ipv6Blocks, withoutZone, ipv6Value, 128);
  return isOutside(ipv4Blocks, withoutZone, ipv4Value, 32);
}

function isOutside(
  blocks: readonly AddressBlock[],
  address: string,
  valueOf: (address: string) => bigint | undefined,
  bits: number,
): boolean {
  const value = valueOf(address);
  if (value === undefined) return false;
  return blocks.every(({ base, prefixLength }) => {
    const shift = BigInt(bits - prefixLength);
    return value >> shift !== (valueOf(base) ?? 0n) >> shift;
  });
}

function ipv4Value(address: string): bigint | undefined {
  const parts = address.split(".");
  const isValid = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part));
  if (!isValid || parts.some((part) => Number(part) > 255)) return undefined;
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

/** Reads hexadecimal groups. The dotted form at the end is only written for blocked addresses. */
function ipv6Value(address: string): bigint | undefined {
  const [head = "", tail, ...more] = address.split("::");
  const groupsOf = (text: string) => (text === "" ? [] : text.split(":"));
  const [before, after] = [groupsOf(head), groupsOf(tail ?? "")];
  const missing = 8 - before.length - after.length;
  if (more.length > 0 || (tail === undefined ? missing !== 0 : missing < 1)) return undefined;
  const groups = [...before, ...Array<string>(missing).fill("0"), ...after];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}
