// `osiris backup`: one file, whole or not there, beside a server that goes on.

import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { call, type Installation, installation } from '../support/backed-up.ts';
import { programArgv } from '../support/gateway.ts';
import { tamper } from '../support/priced-ledger.ts';
import { removeScratchAfterEach } from '../support/scratch.ts';

removeScratchAfterEach();
// each test starts the program several times
setDefaultTimeout(60_000);

const NAME = /^osiris-backup-\d{4}-\d\d-\d\dT\d{4}Z\.tar\.gz$/;
const LOAD = ['--name', 'load', '--credit', '1000', '--rpm', '1000000', '--concurrency', '1000'];

/** An installation that a server ran on once, with one key that made `calls` calls. */
async function used(calls = 3): Promise<Installation & { secret: string }> {
  const place = await installation();
  const server = await place.serve();
  const { key } = await place.json(['keys', 'create', ...LOAD]);
  for (let n = 0; n < calls; n++) expect(await call(server, key)).toBe(200);
  await server.stop();
  return { ...place, secret: key };
}

function listed(archive: string): string[] {
  const { stdout } = Bun.spawnSync(['tar', '-tzf', archive]);
  return stdout.toString().trim().split('\n');
}

describe('under load', () => {
  test('a backup is of one moment, no call fails beside it, and a restored one goes on from there', async () => {
    const { cwd, run, json, serve } = await installation();
    const server = await serve();
    const { key, id } = await json(['keys', 'create', ...LOAD]);
    let isOver = false;
    let paid = 0;
    const statuses = new Set<number>();
    const work = Array.from({ length: 32 }, async () => {
      while (!isOver) {
        statuses.add(await call(server, key));
        paid += 1;
      }
    });
    const paidBefore = paid;
    const made = await json(['backup', 'kept']);
    const paidAfter = paid;
    isOver = true;
    await Promise.all(work);
    expect([...statuses]).toEqual([200]);
    expect(await json(['ledger', 'verify'])).toMatchObject({ ok: true, checks: { entries: { wrong: 0 } } });
    await server.stop();

    expect(made).toMatchObject({ object: 'backup', keys: 1, ledger_ok: true, violations: [], removed: [] });
    const { path, entries, balance_usd: balance } = made;
    // the credit, and a charge of a cent for each call that had ended; those under way are paid before we hear of it
    expect(balance).toBeCloseTo(1000 - (entries - 1) / 100, 9);
    expect(entries - 1).toBeGreaterThanOrEqual(paidBefore);
    expect(entries - 1).toBeLessThanOrEqual(paidAfter + 32);

    const fresh = ['--data-dir', 'fresh'];
    expect(await json(['restore', path, ...fresh])).toMatchObject({
      entries,
      balance_usd: balance,
      aside: null,
    });
    expect((await run(['ledger', 'verify', ...fresh])).code).toBe(0);
    expect(await json(['keys', 'show', id, ...fresh])).toMatchObject({ balance_usd: balance, held_usd: 0 });
    const again = await serve(fresh);
    expect(await call(again, key)).toBe(200);
    await again.stop();
    expect((await json(['keys', 'show', id, ...fresh])).balance_usd).toBeCloseTo(balance - 0.01, 9);
    expect((await run(['ledger', 'verify', ...fresh])).code).toBe(0);
    expect(readdirSync(join(cwd, 'kept'))).toHaveLength(1);
  });
});

describe('what is in it', () => {
  test('database and configurations; the request journal when asked; no secret of a client or the operator', async () => {
    const { cwd, dataDir, run, json, secret } = await used();
    const { stdout, stderr, code } = await run(['backup', 'kept']);
    expect([code, stderr]).toEqual([0, '']);
    const [name = ''] = readdirSync(join(cwd, 'kept'));
    expect(name).toMatch(NAME);
    const archive = join(cwd, 'kept', name);
    expect([statSync(archive).mode & 0o777, statSync(join(cwd, 'kept')).mode & 0o777]).toEqual([
      0o600, 0o700,
    ]);
    expect(stdout).toContain(`Wrote ${archive} (`);
    expect(stdout).toMatch(
      /keys +1\n.*accounts +0\n.*balances +\$999\.97 .*\n.*ledger +4 entries, all promises kept\n/,
    );
    expect(listed(archive)).toEqual([
      'backup.json',
      'osiris.db',
      expect.stringMatching(/^config-history\/0001-/),
    ]);
    const admin = /osiris-admin-[0-9a-f]{32}/.exec(
      readFileSync(join(dataDir, 'first-start.txt'), 'utf8'),
    )?.[0];
    const content = gunzipSync(readFileSync(archive));
    for (const each of [admin ?? '', secret])
      expect([each.length > 20, content.includes(each)]).toEqual([true, false]);

    const { path, logged_calls: calls } = await json(['backup', '.', '--logs']);
    expect(calls).toBe(3);
    expect(listed(path)).toContain('journal.db');
  });

  test('tar alone restores it', async () => {
    const { cwd, run } = await used();
    await run(['backup', 'one.tar.gz']);
    mkdirSync(join(cwd, 'by-hand'));
    expect(Bun.spawnSync(['tar', '-xzf', 'one.tar.gz', '-C', 'by-hand'], { cwd }).success).toBe(true);
    const verified = await run(['ledger', 'verify', '--data-dir', 'by-hand']);
    expect([verified.code, verified.stderr]).toEqual([0, '']);
  });

  test('it goes to stdout and comes from stdin', async () => {
    const { cwd, run } = await used();
    const osiris = (await programArgv()).map((word) => `'${word}'`).join(' ');
    const pipe = Bun.spawn(
      ['bash', '-c', `set -o pipefail; ${osiris} backup - | ${osiris} restore - --data-dir piped`],
      {
        cwd,
        stdout: 'pipe',
        stderr: 'pipe',
      },
    );
    const [stdout, stderr] = [await new Response(pipe.stdout).text(), await new Response(pipe.stderr).text()];
    expect([await pipe.exited, stdout]).toEqual([0, expect.stringContaining('Nothing was there before.')]);
    expect(stderr).toStartWith('Wrote a backup to stdout (');
    expect((await run(['ledger', 'verify', '--data-dir', 'piped'])).code).toBe(0);
    expect(readdirSync(join(cwd, 'osiris-data')).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});

describe('where it goes', () => {
  test('nothing that is there is written over', async () => {
    const { cwd, run, json } = await used(0);
    const first = await json(['backup']);
    const second = await json(['backup']);
    expect(first.path).not.toBe(second.path);
    expect([first.path, second.path].map((path) => existsSync(path))).toEqual([true, true]);
    writeFileSync(join(cwd, 'there.tar.gz'), 'mine');
    symlinkSync('nowhere', join(cwd, 'link.tar.gz'));
    for (const name of ['there.tar.gz', 'link.tar.gz']) {
      const { code, stderr } = await run(['backup', name]);
      expect([code, stderr]).toEqual([
        1,
        expect.stringContaining(`${name} exists already; nothing was written.`),
      ]);
    }
    expect(readFileSync(join(cwd, 'there.tar.gz'), 'utf8')).toBe('mine');
    expect(existsSync(join(cwd, 'nowhere'))).toBe(false);
  });

  test('a link to a directory is followed, and what cannot be is told', async () => {
    const { cwd, run, json } = await used(0);
    mkdirSync(join(cwd, 'far'));
    symlinkSync('far', join(cwd, 'near'));
    await json(['backup', 'near']);
    expect(readdirSync(join(cwd, 'far'))).toHaveLength(1);
    for (const [words, code, message] of [
      [['osiris.yaml'], 2, 'osiris.yaml is a file. Name a directory, or a new file that ends in .tar.gz.'],
      [['osiris.yaml/deeper'], 1, 'A file is in the way of the directory '],
      [['a.tar.gz', '--keep', '2'], 2, '--keep goes with a directory'],
      [['far', '--keep', '0'], 2, 'It must be a whole number from 1.'],
      [['new', '--data-dir', 'empty'], 1, 'There is no Osiris database at '],
    ] as const) {
      const outcome = await run(['backup', ...words]);
      expect([words, outcome.code, outcome.stderr]).toEqual([words, code, expect.stringContaining(message)]);
    }
    expect(['new', 'empty'].filter((name) => existsSync(join(cwd, name)))).toEqual([]);
  });

  test('with a configuration that is wrong there is a backup, too', async () => {
    const { cwd, run } = await used();
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference in the file
    writeFileSync(join(cwd, 'osiris.yaml'), 'providers: { openai: { api_key: "${NOT_SET}" } }\n');
    expect((await run(['backup', 'kept'])).code).toBe(0);
  });
});

describe('--keep', () => {
  test('removes the oldest backups of this installation, and nothing else', async () => {
    const { cwd, json } = await used(0);
    const stranger = await used(0);
    const kept = join(cwd, 'kept');
    const named = (minute: number) => join(kept, `osiris-backup-2026-01-01T000${minute}Z.tar.gz`);
    const { path } = await json(['backup', 'kept']);
    for (const minute of [1, 2, 3]) copyFileSync(path, named(minute));
    const { path: foreign } = await stranger.json(['backup']);
    copyFileSync(foreign, named(0));
    writeFileSync(named(4), 'not a backup');
    symlinkSync(path, named(5));
    mkdirSync(named(6));
    copyFileSync(path, join(kept, 'osiris-backup-before-the-move.tar.gz'));
    const others = [
      named(0),
      named(4),
      named(5),
      named(6),
      join(kept, 'osiris-backup-before-the-move.tar.gz'),
    ];

    const { removed, path: newest } = await json(['backup', 'kept', '--keep', '3']);
    expect(removed).toEqual([named(1), named(2)]);
    expect(readdirSync(kept).sort()).toEqual(
      [...others, named(3), path, newest].map((each) => each.slice(kept.length + 1)).sort(),
    );
  });
});

describe('what goes wrong', () => {
  test('a backup that is killed leaves nothing that looks like one, and the next one tidies up', async () => {
    const { cwd, run } = await used(0);
    const killed = await run(['backup', 'kept'], { OSIRIS_FAILPOINT: 'before-backup-name' });
    expect(killed.stdout).toBe('');
    const left = readdirSync(join(cwd, 'kept'));
    expect(left).toEqual([expect.stringMatching(/^\.osiris-backup-/)]);
    // the file was whole already, only its name was missing
    expect(readdirSync(join(cwd, 'kept', left[0] ?? ''))).toEqual(['backup.tar.gz']);
    expect((await run(['backup', 'kept'])).code).toBe(0);
    expect(readdirSync(join(cwd, 'kept'))).toEqual([expect.stringMatching(NAME)]);
  });

  test('a damaged database is refused', async () => {
    const { cwd, dataDir, run } = await used();
    const path = join(dataDir, 'osiris.db');
    truncateSync(path, statSync(path).size - 8192);
    const { code, stderr } = await run(['backup', 'kept']);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/osiris\.db is damaged \(.*\nNothing was written\.\n$/s),
    ]);
    expect(readdirSync(join(cwd, 'kept'))).toEqual([]);
  });

  test('a ledger that breaks a promise is kept all the same, told, and takes no older backup with it', async () => {
    const { cwd, dataDir, run, json } = await used();
    const { path } = await json(['backup', 'kept']);
    const old = join(cwd, 'kept', 'osiris-backup-2026-01-01T0001Z.tar.gz');
    renameSync(path, old);
    tamper(dataDir, ['entries_stay'], (database) => database.run("DELETE FROM entries WHERE kind = 'grant'"));
    const { code, stdout } = await run(['backup', 'kept', '--keep', '1']);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /ledger +3 entries, BROKEN\n(.*\n)+The ledger in it breaks its promises; .*\n {2}balances: purse /,
    );
    expect(stdout).toContain('No earlier backup was removed: keep one that is whole.');
    expect(existsSync(old)).toBe(true);
    const [broken = ''] = readdirSync(join(cwd, 'kept')).filter((name) => !old.endsWith(name));
    const refused = await run(['restore', join('kept', broken)]);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('Nothing was changed. To look into it: tar -xzf '),
    ]);
    expect((await run(['restore', old])).code).toBe(0);
    expect((await run(['ledger', 'verify'])).code).toBe(0);
  });
});
