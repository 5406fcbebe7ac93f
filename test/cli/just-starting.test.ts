// Commands beside a server that takes the data directory while they wait for it: they ask that server after all.

import { expect, test } from 'bun:test';
import type { CommandPorts } from '../../src/cli/ports.ts';
import { run } from '../../src/cli/run.ts';
import { loadConfig } from '../../src/config/load.ts';
import { socketPath } from '../../src/store/data-dir.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();

const RANGE = ['--from', '2026-11-01', '--to', '2026-11-30'];

test.each([
  [['ledger', 'rerate', ...RANGE, '--post'], 'POST /admin/ledger/rerate'],
  [['usage'], 'GET /admin/usage'],
  [['explain', '--model', 'm', '--prompt', 'Hi'], 'POST /admin/explain'],
  [['admin', 'pause'], 'POST /admin/pause'],
  [['admin', 'resume', '--all'], 'POST /admin/resume'],
  [['keys', 'show', 'any'], 'GET /admin/keys/any'],
])('osiris %p', async (words, route) => {
  const dataDir = scratchDir();
  const asked: string[] = [];
  let server: Bun.Server<undefined> | undefined;
  const waitInVain = () => {
    server = Bun.serve({
      unix: socketPath(dataDir),
      fetch(request) {
        asked.push(`${request.method} ${new URL(request.url).pathname}`);
        return Response.json({ of: 'the server' });
      },
    });
    return Promise.reject(new Error('another one works on this data directory'));
  };
  const loaded = loadConfig({ path: undefined, env: {}, cwd: dataDir, extraModels: [] });
  if (!('config' in loaded)) throw new Error('the defaults do not load');
  const ports = {
    loadConfig: () => ({ ok: true, config: loaded.config }),
    locate: () => ({ dataDir, file: undefined }),
    openIdleStore: waitInVain,
    openReports: waitInVain,
    openExplainer: waitInVain,
  } as unknown as CommandPorts;
  const told: string[] = [];
  const host = { stdout: (text: string) => void told.push(text), stderr: () => {}, onStop: () => {} };
  try {
    expect(await run([...words, '--json'], ports, host)).toBe(0);
    expect(JSON.parse(told.join(''))).toEqual({ of: 'the server' });
    expect(asked).toEqual(['GET /health/live', route]);
  } finally {
    await server?.stop(true);
  }
});
