// Tells whether an address accepts connections at all.

import { after } from '../../lib/clock.ts';

/** True when a TCP connection to the URL's host stands within `timeoutMs`. Never throws. */
export function isReachable(url: string, timeoutMs: number): Promise<boolean> {
  const { hostname, port, protocol } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const cancel = after(timeoutMs, () => resolve(false));
  Bun.connect({
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port),
    socket: {
      open(socket) {
        resolve(true);
        socket.end();
      },
      data() {},
      connectError() {
        resolve(false);
      },
    },
  }).catch(() => resolve(false));
  return promise.finally(cancel);
}
