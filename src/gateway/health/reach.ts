// Tells whether an address accepts connections at all.

import { after } from '../../lib/clock.ts';
import { lackOfDescriptors } from '../../lib/descriptors.ts';

/**
 * True when a TCP connection to the URL's host stands within `timeoutMs`, and when this program has no room to try it:
 * that is not the host's fault. Never throws.
 */
export function isReachable(url: string, timeoutMs: number): Promise<boolean> {
  const { hostname, port, protocol } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const cancel = after(timeoutMs, () => resolve(false));
  const fail = () => resolve(lackOfDescriptors() !== undefined);
  Bun.connect({
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port),
    socket: {
      open(socket) {
        resolve(true);
        socket.end();
      },
      data() {},
      connectError: fail,
    },
  }).catch(fail);
  return promise.finally(cancel);
}
