// A database file that is taken away under a running server: it stops charging into nothing.

import { expect, test } from 'bun:test';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startGateway } from '../support/gateway.ts';

const SECOND_MS = 1000;

test('calls are refused from the moment the database is away until it is back, and none of them is lost', async () => {
  const gateway = await startGateway({ upstreams: [], sections: {}, credit: 1 });
  const readiness = async () => {
    const response = await fetch(`${gateway.url}/health/ready`);
    return { status: response.status, text: await response.text() };
  };
  const becomes = async (status: number) => {
    const lastMs = Date.now() + 20 * SECOND_MS;
    for (;;) {
      const now = await readiness();
      if (now.status === status || Date.now() > lastMs) return now;
      await new Promise(setImmediate);
    }
  };
  const ask = () =>
    fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.key}` },
      body: JSON.stringify({ model: 'sandbox/echo', messages: [{ role: 'user', content: 'Hi' }] }),
    });
  try {
    const path = join(gateway.directory, 'state', 'osiris.db');
    expect((await ask()).status).toBe(200);
    renameSync(path, `${path}.away`);
    expect(await becomes(503)).toEqual({ status: 503, text: expect.stringContaining('moved away') });
    const refused = await ask();
    expect([refused.status, (await refused.json()).error.code]).toEqual([503, 'storage_fault']);
    writeFileSync(path, 'something else');
    expect((await becomes(503)).status).toBe(503);
    renameSync(`${path}.away`, path);
    expect((await becomes(200)).status).toBe(200);
    expect((await ask()).status).toBe(200);
    expect(await gateway.command(['ledger', 'verify'])).toMatchObject({ code: 0 });
  } finally {
    await gateway.stop();
  }
}, 60_000);
