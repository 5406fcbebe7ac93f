// What a relay believes to have happened when, on a clock that stands still unless it is moved.

import { afterEach, expect, spyOn, test } from 'bun:test';
import type { Piece } from '../../src/gateway/answer/conversion.ts';
import { Relay, type RelayPorts } from '../../src/gateway/answer/relay.ts';
import { Sent } from '../../src/gateway/trace.ts';
import { Watch } from '../../src/gateway/watch.ts';

let nowMs = 0;
const clock = spyOn(performance, 'now').mockImplementation(() => nowMs);
afterEach(() => clock.mockRestore());

test('what a failed read leaves to be said is said now: no sign of life is due behind it', async () => {
  const second = Promise.withResolvers<{ done: false; value: Uint8Array }>();
  const settled = Promise.withResolvers<void>();
  const first = { done: false as const, value: Buffer.from('in') };
  const reads = [Promise.resolve(first), second.promise];
  const upstream = {
    read: () => reads.shift() ?? Promise.resolve({ done: true as const }),
    cancel: async () => {},
  };
  const conversion = {
    committed: true,
    awaitsUsage: false,
    fault: undefined,
    push: (): Piece => ({ now: 'first', last: undefined }),
    end: (): Piece => ({ now: '', last: '' }),
    fail: (): Piece => ({ now: 'rest', last: 'end' }),
  };
  const watch = new Watch();
  const ports = {
    watch,
    server: { clientStallTimeoutMs: 60_000, streamIdleTimeoutMs: 60_000, streamTotalTimeoutMs: 600_000 },
    conversion,
    calledMs: 0,
    beat: 'beat',
    sent: new Sent(false),
    settle: () => settled.promise,
    delivered() {},
    abort() {},
    breakOff: () => '',
    unwanted: () => undefined,
    faultOf: (thrown: unknown) => thrown,
  } as unknown as RelayPorts;
  const relay = new Relay(upstream, ports);
  await relay.open();
  const said: string[] = [];
  const reading = (async () => {
    for await (const bytes of relay.body) said.push(Buffer.from(bytes).toString());
  })();
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  await turn();
  nowMs = 9_000;
  relay.tick(nowMs);
  await turn();
  nowMs = 10_000;
  second.reject(new Error('broken'));
  await turn();
  nowMs = 10_250;
  relay.tick(nowMs);
  await turn();
  settled.resolve();
  await reading;
  expect(said).toEqual(['first', 'beat', 'rest', 'end']);
});
