// Who is calling: the peer's address, or the one a trusted proxy forwarded.

import { BlockList, isIP } from 'node:net';

/** A set of addresses and CIDR ranges, IPv4 and IPv6. */
export type AddressSet = { has(address: string): boolean };

/** Reads `127.0.0.1`, `10.0.0.0/8`, `::1`, `fd00::/8`; throws RangeError for anything else. */
export function addressSet(entries: readonly string[]): AddressSet {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/');
    const version = isIP(address);
    if (version === 0) throw new RangeError(`"${entry}" is not an IP address or range`);
    const family = version === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return {
    has: (address) => isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'),
  };
}

/**
 * The client's address: the peer's, unless the peer is a trusted proxy; then the last address in X-Forwarded-For
 * that is not itself a trusted proxy.
 */
export function clientAddress(peer: string, forwardedFor: string | null, trusted: AddressSet): string {
  let address = plain(peer);
  if (forwardedFor === null) return address;
  const hops = forwardedFor.split(',').map((hop) => plain(hop.trim()));
  for (let i = hops.length - 1; i >= 0 && trusted.has(address); i--) {
    const hop = hops[i];
    if (hop === undefined || isIP(hop) === 0) break;
    address = hop;
  }
  return address;
}

/** What one client can call its own: an IPv4 address, or the /64 around an IPv6 one. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail ? tail.split(':') : [];
  // an IPv4 address at the end stands for two groups
  const written = left.length + right.length + (address.includes('.') ? 1 : 0);
  const gap = tail === undefined ? [] : Array<string>(Math.max(0, 8 - written)).fill('0');
  const groups = [...left, ...gap, ...right].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}

/** IPv4 addresses mapped into IPv6 (`::ffff:127.0.0.1`) are IPv4 addresses; brackets and ports do not count. */
function plain(address: string): string {
  const bare = address.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^::ffff:(?=\d+\.)/i, '');
  return /^\d+\.\d+\.\d+\.\d+:\d+$/.test(bare) ? bare.slice(0, bare.lastIndexOf(':')) : bare;
}
