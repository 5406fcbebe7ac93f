// Recognises the addresses a configuration may contain: IP ranges, web origins, base URLs.

import { isIP } from 'node:net';

/** `127.0.0.1`, `::1` or a CIDR range such as `10.0.0.0/8`. */
export function isAddressRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128);
}

export const HOST_WANTED =
  'must be an address or a host name such as `127.0.0.1` or `0.0.0.0` alone, without `http://` and port';

/** What a server can listen on, as far as its spelling tells. */
export function isHost(text: string): boolean {
  return isIP(text) !== 0 || /^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?$/.test(text);
}

/** `*`, or scheme, host and port of a page and nothing more. */
export function isOrigin(text: string): boolean {
  return text === '*' || (URL.canParse(text) && new URL(text).origin === text);
}

/**
 * An http(s) address without query, fragment and sign-in, made ready for a path behind it: slashes at its end and the
 * marks of an empty query or fragment are gone. Undefined for anything else.
 */
export function plainUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') return undefined;
  return (url.origin + url.pathname).replace(/\/+$/, '');
}
