/**
 * The address blocks that are not for the public Internet.
 * https://www.iana.org/assignments/iana-ipv4-special-registry and
 * https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export interface AddressBlock {
  readonly base: string;
  readonly prefixLength: number;
}

const block = (cidr: string): AddressBlock => {
  const [base = "", prefixLength] = cidr.split("/");
  return { base, prefixLength: Number(prefixLength) };
};

export const ipv4Blocks: readonly AddressBlock[] = [
  "0.0.0.0/8", // this network
  "10.0.0.0/8", // private
  "100.64.0.0/10", // shared, behind a carrier's NAT
  "127.0.0.0/8", // loopback
  "169.254.0.0/16", // link-local, with the metadata services of clouds
  "172.16.0.0/12", // private
  "192.0.0.0/24", // protocol assignments
  "192.0.2.0/24", // documentation
  "192.31.196.0/24", // AS112
  "192.52.193.0/24", // AMT
  "192.88.99.0/24", // 6to4 relays
  "192.168.0.0/16", // private
  "192.175.48.0/24", // AS112
  "198.18.0.0/15", // benchmarking
  "198.51.100.0/24", // documentation
  "203.0.113.0/24", // documentation
  "224.0.0.0/3", // multicast, reserved, broadcast
].map(block);

/** Global unicast is 2000::/3; the first three blocks are all the rest. */
export const ipv6Blocks: readonly AddressBlock[] = [
  "::/3", // unspecified, loopback, IPv4-mapped, NAT64, discard-only
  "4000::/2", // unassigned
  "8000::/1", // unassigned, unique local, link-local, multicast
  "2001::/23", // protocol assignments, with Teredo
  "2001:db8::/32", // documentation
  "2002::/16", // 6to4
  "2620:4f:8000::/48", // AS112
  "3fff::/16", // documentation
].map(block);
