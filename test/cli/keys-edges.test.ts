// `osiris keys …` at its edges: words that are empty, sums beyond all bounds, secrets that are left, a server just starting.

import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openKeyBook } from '../../src/cli/key-book.ts';
import { socketPath } from '../../src/store/data-dir.ts';
import { keysCommand, SERVER_STATES } from '../support/keys-command.ts';
import { osiris, serve } from '../support/osiris.ts';
import { removeScratchAfterEach, scratchDir } from '../support/scratch.ts';

removeScratchAfterEach();
// each command is a process of its own, and the machine may be busy
setDefaultTimeout(60_000);

describe.each(SERVER_STATES)('keys of %s server', (state) => {
  const { cwd, keys, create } = keysCommand(state);

  test('are not all meant by a variable of the shell that was not set', async () => {
    const { id } = await create('--name', 'one');
    for (const words of [
      ['show', ''],
      ['revoke', ''],
      ['limit', id, '--models', ''],
      ['list', '--account', ''],
    ])
      expect(await keys(...words)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining('is empty. Was a variable of the shell not set?'),
      });
  });

  test('get no more money in all than the ledger can add up', async () => {
    const { id } = await create('--name', 'rich', '--credit', '1000000000');
    const give = () => keys('credit', id, '1000000000');
    for (let last = await give(); last.code === 0; last = await give());
    const tooMuch = expect.stringContaining('All the credit ever given may come to $4000000000.00');
    expect(await give()).toMatchObject({ code: 2, stderr: tooMuch });
    expect(await keys('create', '--name', 'too', '--credit', '1000000000')).toMatchObject({
      stderr: tooMuch,
    });
    expect((await osiris(['ledger', 'verify'], { cwd })).code).toBe(0);
    await keys('credit', id, '-3000000000');
    await keys('revoke', id);
  });

  test('of time keep an end', async () => {
    const { id } = await create('--name', 'window', '--kind', 'time', '--days', '3');
    const endless = await keys('limit', id, '--expires', 'none');
    expect([endless.code, endless.stderr]).toEqual([2, expect.stringContaining('set another date')]);
    expect((await keys('limit', id, '--expires', '2099-01-01')).code).toBe(0);
    // a window that is yet to begin has none of its own
    const voucher = await create('--name', 'voucher', '--kind', 'time', '--days', '3', '--from-first-use');
    expect((await keys('limit', voucher.id, '--expires', '2099-01-01')).code).toBe(0);
    const { stdout } = await keys('limit', voucher.id, '--expires', 'none', '--json');
    expect(JSON.parse(stdout).expires_at).toBeNull();
  });

  test('let neither of two secrets in once they are revoked', async () => {
    const { id } = await create('--name', 'left');
    await keys('rotate', id);
    expect((await keys('show', id)).stdout).toContain('old key works until');
    await keys('revoke', id);
    expect((await keys('show', id)).stdout).not.toContain('old key works until');
  });

  test('have no limit where the word none stands, at their making as later', async () => {
    const flags = ['--models', 'none', '--rpm', 'none', '--expires', 'none', '--budget', 'none'];
    const made = await create('--name', 'free of them', ...flags);
    expect(made).toMatchObject({ models: null, own_limits: {}, expires_at: null, budget: null });
    const { stdout } = await keys('limit', made.id, '--models', 'gpt-5', '--json');
    expect(JSON.parse(stdout).models).toEqual(['gpt-5']);
    expect(JSON.parse((await keys('limit', made.id, ...flags, '--json')).stdout).models).toBeNull();
  });
});

test('limits are told as those of the plan, of the key or of the configuration', async () => {
  const cwd = scratchDir();
  writeFileSync(
    join(cwd, 'osiris.yaml'),
    'plans: { starter: { price: 10, credit: 10, requests_per_minute: 60, max_body: 5MB } }\n',
  );
  const server = await serve(['--port', '0'], { cwd });
  await osiris(['keys', 'create', '--name', 'ana', '--plan', 'starter', '--concurrency', '3'], { cwd });
  const { stdout } = await osiris(['keys', 'show', 'ana'], { cwd });
  await server.stop();
  for (const line of [
    /^requests a minute +60 \(plan starter\)$/m,
    /^largest request +5 MB \(plan starter\)$/m,
    /^at once +3$/m,
    /^longest answer +120 s \(default\)$/m,
  ])
    expect(stdout).toMatch(line);
});

test('whoever names an unknown model at the command line is told of a command', async () => {
  const cwd = scratchDir();
  await osiris(['init'], { cwd });
  for (const words of [
    ['models', 'nopee'],
    ['keys', 'create', '--name', 'ana', '--models', 'nopee'],
  ]) {
    const { stderr } = await osiris(words, { cwd });
    expect(stderr).toContain('There is no model `nopee`. `osiris models` lists what you may use.');
  }
});

test('a server that begins while a command waits for the data directory is asked after all', async () => {
  const dataDir = scratchDir();
  let server: Bun.Server<undefined> | undefined;
  const waitInVain = () => {
    server = Bun.serve({
      unix: socketPath(dataDir),
      fetch: () => Response.json({ id: 'key_of_the_server' }),
    });
    return Promise.reject(new Error('another one works on this data directory'));
  };
  const book = await openKeyBook(dataDir, waitInVain);
  expect(await book.show('any')).toEqual({ id: 'key_of_the_server' });
  await server?.stop(true);
  await expect(openKeyBook(dataDir, () => Promise.reject(new Error('no turn')))).rejects.toThrow('no turn');
});
