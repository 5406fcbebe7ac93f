// A charge is marked as delivered when its last bytes have left for the client, and not before.

import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { TOLD } from '../support/ledger.ts';
import { until } from '../support/until.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

/** More than the buffers of a socket on loopback take. */
const BYTES = 24 * 1024 * 1024;
/** Deliveries reach the disk two ticks of a quarter of a second later. */
const WRITTEN_WITHIN_MS = 1_500;

let upstream: Upstream;
let gateway: Gateway;

beforeAll(async () => {
  upstream = startUpstream();
  const provider = { provider: 'house', format: 'openai-chat', apiKey: 'none' } as const;
  const house = { ...provider, baseUrl: upstream.baseUrl, model: 'house', upstreamModel: 'house-1' };
  gateway = await startGateway({ upstreams: [house], price: { input: 1, output: 2 }, credit: 10 });
});

afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
});

for (const stream of [false, true])
  test(`${stream ? 'a stream' : 'an answer'} that its client does not read is not delivered until it does`, async () => {
    const before = chargesSince(0n).at(-1)?.id ?? 0n;
    const delivery = () => chargesSince(before)[0]?.delivery;
    upstream.play([{ text: 'x'.repeat(stream ? BYTES / 60 : BYTES) }], { kind: 'whole' });
    const received = Promise.withResolvers<void>();
    const body = JSON.stringify({ model: 'house', stream, messages: [{ role: 'user', content: 'much' }] });
    const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: house\r\nauthorization: Bearer ${gateway.key}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n`;
    const socket = await Bun.connect({
      hostname: '127.0.0.1',
      port: Number(new URL(gateway.url).port),
      socket: {
        open(to) {
          to.write(head + body);
          to.pause();
        },
        data() {},
        close: () => received.resolve(),
        end: () => received.resolve(),
      },
    });
    // of a stream the end has not even been read, and nothing charged
    if (!stream) await until(() => delivery() !== undefined);
    await Bun.sleep(WRITTEN_WITHIN_MS);
    expect(delivery()).toBe(stream ? undefined : 'unknown');
    socket.resume();
    await received.promise;
    await until(() => delivery() === 'complete');
  }, 30_000);

type Charge = { id: bigint; delivery: string };

function chargesSince(id: bigint): Charge[] {
  const path = join(gateway.directory, 'state', 'osiris.db');
  const database = new Database(path, { readonly: true, safeIntegers: true });
  const sql = `SELECT id, ${TOLD} FROM entries WHERE kind = 'charge' AND id > ? ORDER BY id`;
  const rows = database.query<Charge, [bigint]>(sql).all(id);
  database.close();
  return rows;
}
