// `/health/ready` beside a disk that takes nothing: it says so before a call has to find out, and when that is over.

import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { startGateway } from '../support/gateway.ts';

const SECOND_MS = 1000;

test('a server that nobody calls is not ready while nothing can be written, and is again by itself', async () => {
  const gateway = await startGateway({ upstreams: [], sections: {} });
  const becomes = async (status: number) => {
    const lastMs = Date.now() + 20 * SECOND_MS;
    for (;;) {
      const response = await fetch(`${gateway.url}/health/ready`);
      if (response.status === status || Date.now() > lastMs)
        return { status: response.status, answer: await response.json() };
      await response.body?.cancel();
      await new Promise(setImmediate);
    }
  };
  // stands in for the disk that does not answer
  const other = new Database(join(gateway.directory, 'state', 'osiris.db'));
  try {
    expect((await becomes(200)).answer).toEqual({ status: 'ready', checks: {} });
    other.run('BEGIN IMMEDIATE');
    expect((await becomes(503)).answer).toEqual({
      status: 'not ready',
      checks: { ledger: 'the disk has not answered for 2 s' },
    });
    expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200);
    other.run('ROLLBACK');
    expect((await becomes(200)).answer).toEqual({ status: 'ready', checks: {} });
  } finally {
    other.close();
    await gateway.stop();
  }
}, 60_000);
