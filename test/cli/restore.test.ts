// `osiris restore`: checked first, what was there kept aside, the old state or the new one and never a mixture.

import { Database } from 'bun:sqlite';
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { call, type Installation, installation } from '../support/backed-up.ts';
import { removeScratchAfterEach } from '../support/scratch.ts';

removeScratchAfterEach();
// each test starts the program several times
setDefaultTimeout(60_000);

/** One that was backed up when its key `ana` had made two calls, and a server that runs on it since. */
async function backedUp() {
  const place = await installation();
  const server = await place.serve();
  const ana = await place.json(['keys', 'create', '--name', 'ana', '--credit', '10']);
  for (let n = 0; n < 2; n++) expect(await call(server, ana.key)).toBe(200);
  const { path, entries } = await place.json(['backup', 'kept', '--logs']);
  return { ...place, server, ana, path, entries };
}

/** Everything in a directory, by path. */
function content(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true }).map(String).sort();
  const files = names.filter(
    (name) => statSync(join(folder, name)).isFile() && !name.startsWith('osiris.lock'),
  );
  return Object.fromEntries(files.map((name) => [name, String(Bun.hash(readFileSync(join(folder, name))))]));
}

const asideOf = ({ dataDir }: Installation) =>
  join(
    dataDir,
    readdirSync(dataDir)
      .sort()
      .find((name) => name.startsWith('before-restore-')) ?? 'none',
  );

describe('over an installation that went on', () => {
  test('while its server runs nothing happens', async () => {
    const place = await backedUp();
    const { code, stderr } = await place.run(['restore', place.path]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`Osiris runs on ${place.dataDir}; nothing was changed.`),
    ]);
    expect(await call(place.server, place.ana.key)).toBe(200);
    await place.server.stop();
    expect(existsSync(asideOf(place))).toBe(false);
  });

  test('what was there is kept aside, and told is what the backup has not', async () => {
    const place = await backedUp();
    const { run, json, server, ana, path, entries, dataDir } = place;
    expect(await call(server, ana.key)).toBe(200);
    const bob = await json(['keys', 'create', '--name', 'bob', '--credit', '3']);
    await run(['keys', 'rotate', ana.id]);
    const gone = await json(['keys', 'create', '--name', 'gone', '--credit', '0']);
    await run(['keys', 'revoke', gone.id]);
    await server.stop();
    const { code, stdout, stderr } = await run(['restore', path]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`What was there is in ${asideOf(place)}.`);
    expect(stdout).toContain('It had 2 entries since the backup, lost here: $0.01 charged, $3.00 given.');
    expect(stdout).toContain(`Keys made since then are gone: ${bob.id} "bob".`);
    expect(stdout).toContain(`Keys rotated since then have their old secret again: ${ana.id} "ana".`);
    expect(stdout).not.toContain(gone.id);
    // the newer state is whole where it is now, and can be gone back to
    const newer = ['--data-dir', asideOf(place)];
    expect((await run(['ledger', 'verify', ...newer])).code).toBe(0);
    expect(await json(['keys', 'show', 'bob', ...newer])).toMatchObject({ balance_usd: 3 });
    expect(await json(['ledger', 'verify'])).toMatchObject({
      ok: true,
      checks: { entries: { checked: entries } },
    });
    // it told the secret that is in force
    expect(existsSync(join(dataDir, 'first-start.txt'))).toBe(true);
    expect(await json(['logs'])).toHaveLength(2);
    const again = await place.serve();
    expect(await call(again, ana.key)).toBe(200);
    expect(await call(again, bob.key)).toBe(401);
    await again.stop();
  });

  test('a key that was revoked since then is named, since it works again', async () => {
    const { run, json, server, ana, path } = await backedUp();
    await run(['keys', 'revoke', ana.id]);
    await server.stop();
    const restored = await json(['restore', path]);
    expect(restored).toMatchObject({
      compared: 'yes',
      lost: { entries: 0, revived_keys: [{ id: ana.id, name: 'ana' }] },
    });
  });

  test('the write-ahead log of a server that was killed goes with the old database', async () => {
    const place = await backedUp();
    const { run, json, server, ana, path, entries, dataDir } = place;
    expect(await call(server, ana.key)).toBe(200);
    await server.stop('SIGKILL');
    expect(existsSync(join(dataDir, 'osiris.db-wal'))).toBe(true);
    expect(await json(['restore', path])).toMatchObject({ lost: { entries: 1 } });
    expect(readdirSync(dataDir).filter((name) => name.startsWith('osiris.db'))).toEqual(['osiris.db']);
    expect(await json(['ledger', 'verify'])).toMatchObject({
      ok: true,
      checks: { entries: { checked: entries } },
    });
    const old = await json(['ledger', 'verify', '--data-dir', asideOf(place)]);
    expect(old).toMatchObject({ ok: true, checks: { entries: { checked: entries + 1 } } });
    expect((await run(['keys', 'list'])).code).toBe(0);
  });

  describe('killed before the last step it has changed no money', () => {
    async function cutOff() {
      const place = await backedUp();
      expect(await call(place.server, place.ana.key)).toBe(200);
      await place.server.stop();
      await place.run(['restore', place.path], { OSIRIS_FAILPOINT: 'before-restored-database' });
      expect(await place.json(['ledger', 'verify'])).toMatchObject({
        ok: true,
        checks: { entries: { checked: place.entries + 1 } },
      });
      return place;
    }
    /** All that the backup has is in place, and all that was there is aside. */
    async function expectDone(place: Awaited<ReturnType<typeof cutOff>>, since = 0) {
      const { json, entries, dataDir } = place;
      expect(await json(['ledger', 'verify'])).toMatchObject({
        ok: true,
        checks: { entries: { checked: entries + since } },
      });
      expect(await json(['logs'])).toHaveLength(2);
      const old = ['--data-dir', asideOf(place)];
      expect(await json(['ledger', 'verify', ...old])).toMatchObject({
        ok: true,
        checks: { entries: { checked: entries + 1 } },
      });
      expect(await json(['logs', ...old])).toHaveLength(3);
      for (const name of ['restore.part', 'restore.placing'])
        expect([name, existsSync(join(dataDir, name))]).toEqual([name, false]);
    }

    test('and is finished by the next server', async () => {
      const place = await cutOff();
      const { stderr } = await (await place.serve()).stop();
      expect(stderr).toContain('a restore that was cut off is finished now');
      expect(stderr).toContain(asideOf(place));
      await expectDone(place);
    });

    test('and by the next command that writes', async () => {
      const place = await cutOff();
      const { code, stderr } = await place.run(['keys', 'credit', 'ana', '1']);
      expect([code, stderr]).toEqual([0, expect.stringContaining('a restore that was cut off is finished')]);
      await expectDone(place, 1);
    });

    test('nor is it thought to be new when no database stands there at all', async () => {
      const place = await cutOff();
      const path = join(place.dataDir, 'osiris.db');
      // as if it had been killed one step later
      renameSync(path, join(place.dataDir, 'restore.placing/before/osiris.db'));
      const { code, stderr } = await place.run(['ledger', 'verify']);
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/^osiris: There is no .*: a restore was cut off\.\n.*`osiris serve` puts/),
      ]);
      expect((await place.run(['keys', 'credit', 'ana', '1'])).code).toBe(0);
      await expectDone(place, 1);
    });

    test('and by the next restore', async () => {
      const place = await cutOff();
      const { code, stderr } = await place.run(['restore', place.path]);
      expect([code, stderr]).toEqual([
        0,
        expect.stringContaining(
          'note: A restore that was cut off was finished first. What was there before it is in ',
        ),
      ]);
      await expectDone(place);
    });
  });

  test('a database that another program has open stays', async () => {
    const { run, server, path, dataDir } = await backedUp();
    await server.stop();
    const other = new Database(join(dataDir, 'osiris.db'));
    other.run('PRAGMA journal_mode = WAL');
    other.query('SELECT count(*) FROM entries').get();
    const { code, stderr } = await run(['restore', path]);
    other.close();
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/Another program has .*osiris\.db open\..*nothing was changed/),
    ]);
    expect((await run(['restore', path])).code).toBe(0);
  });

  test('one that is damaged goes aside as it is', async () => {
    const place = await backedUp();
    await place.server.stop();
    writeFileSync(join(place.dataDir, 'osiris.db'), 'no database at all, but of some length');
    const { code, stdout } = await place.run(['restore', place.path]);
    expect([code, stdout]).toEqual([0, expect.stringContaining('It cannot be read, so what is lost')]);
    expect(readFileSync(join(asideOf(place), 'osiris.db'), 'utf8')).toStartWith('no database at all');
    expect((await place.run(['ledger', 'verify'])).code).toBe(0);
  });

  test('another installation goes aside with its first words', async () => {
    const { server, path } = await backedUp();
    await server.stop();
    const other = await installation();
    await (await other.serve()).stop();
    const { stdout } = await other.run(['restore', path]);
    expect(stdout).toContain('It was another installation: nothing of it is in the backup.');
    expect(existsSync(join(other.dataDir, 'first-start.txt'))).toBe(false);
    expect(existsSync(join(asideOf(other), 'first-start.txt'))).toBe(true);
  });
});

describe('what is no good is refused before anything is touched', () => {
  test('damaged, cut off, something else, or nowhere', async () => {
    const { run, server, path, dataDir, cwd } = await backedUp();
    await server.stop();
    const before = content(dataDir);
    const whole = readFileSync(path);
    const flipped = Buffer.from(whole);
    flipped[whole.length - 2000] = ~(whole.at(-2000) ?? 0) & 255;
    mkdirSync(join(cwd, 'stuff'));
    writeFileSync(join(cwd, 'stuff/osiris.db'), 'x');
    Bun.spawnSync(['tar', '-czf', 'other.tar.gz', 'stuff'], { cwd });
    for (const [name, bytes, message] of [
      ['cut.tar.gz', whole.subarray(0, whole.length - 1000), 'is damaged'],
      ['half.tar.gz', whole.subarray(0, whole.length / 2), 'is damaged'],
      ['flipped.tar.gz', flipped, 'is damaged'],
      ['text.tar.gz', Buffer.from('hello'), 'is not a backup of Osiris'],
      ['empty.tar.gz', Buffer.alloc(0), 'backup of Osiris'],
      ['other.tar.gz', undefined, 'is not a backup of Osiris'],
    ] as const) {
      if (bytes !== undefined) writeFileSync(join(cwd, name), bytes);
      const { code, stderr } = await run(['restore', name]);
      expect([name, code, stderr]).toEqual([name, 1, expect.stringContaining(message)]);
      expect(stderr).toEndWith('Nothing was changed.\n');
    }
    expect((await run(['restore', 'nowhere.tar.gz'])).stderr).toContain('There is no file ');
    const folder = await run(['restore', 'kept']);
    expect([folder.code, folder.stderr]).toEqual([
      1,
      expect.stringContaining(`The newest backup in it: ${path}`),
    ]);
    expect(content(dataDir)).toEqual(before);
    expect((await run(['restore', 'text.tar.gz', '--data-dir', 'fresh'])).code).toBe(1);
    expect(existsSync(join(cwd, 'fresh'))).toBe(false);
  });

  test('of a newer version', async () => {
    const { run, server, path, cwd } = await backedUp();
    await server.stop();
    const repack = (change: (folder: string) => void) => {
      const folder = join(cwd, 'again');
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      Bun.spawnSync(['tar', '-xzf', path, '-C', folder]);
      change(folder);
      const members = ['backup.json', 'osiris.db'];
      const files = Bun.spawnSync(['tar', '--format=ustar', '-czf', '../again.tar.gz', ...members], {
        cwd: folder,
      });
      expect(files.success).toBe(true);
      return run(['restore', 'again.tar.gz', '--data-dir', 'fresh']);
    };
    const ahead = await repack((folder) => {
      const database = new Database(join(folder, 'osiris.db'));
      database.run("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('x', 9000000000000)");
      database.close();
    });
    expect([ahead.code, ahead.stderr]).toEqual([
      1,
      expect.stringMatching(/made by Osiris \S+ and is ahead of this program/),
    ]);
    const format = await repack((folder) =>
      writeFileSync(join(folder, 'backup.json'), '{"object":"osiris.backup","format":2}'),
    );
    expect([format.code, format.stderr]).toEqual([
      1,
      expect.stringContaining('made by a newer Osiris and is ahead'),
    ]);
    // the same way, unchanged, it is one that tar made: that is no reason to refuse it
    expect((await repack(() => {})).code).toBe(0);
  });
});

// what a service's user cannot open, its server could not start on
test.skipIf(process.getuid?.() !== 0)(
  'root gives what it restores to the owner of the data directory',
  async () => {
    const { run, server, path, cwd } = await backedUp();
    await server.stop();
    const dataDir = join(cwd, 'service');
    mkdirSync(dataDir);
    chownSync(dataDir, 4321, 4321);
    for (const time of [1, 2])
      expect([time, (await run(['restore', path, '--data-dir', dataDir])).code]).toEqual([time, 0]);
    const owners = readdirSync(dataDir, { recursive: true }).map((name) => {
      const { uid, gid } = statSync(join(dataDir, String(name)));
      return `${name} ${uid} ${gid}`;
    });
    expect(owners.length).toBeGreaterThan(6);
    expect(owners.filter((each) => !each.endsWith(' 4321 4321'))).toEqual([]);
  },
);

test('a backup of an older version is brought to this one, and stays what it is', async () => {
  const { cwd, run, json, dataDir } = await installation();
  mkdirSync(dataDir);
  copyFileSync(join(import.meta.dir, '../fixtures/upgrade/0.1.0.db'), join(dataDir, 'osiris.db'));
  const before = content(dataDir);
  const { path, keys, ledger_ok: isOk } = await json(['backup', 'kept']);
  expect([keys > 0, isOk]).toEqual([true, true]);
  expect(content(dataDir)).toEqual(before);
  mkdirSync(join(cwd, 'old'));
  Bun.spawnSync(['tar', '-xzf', path, '-C', join(cwd, 'old')]);
  const tables = new Database(join(cwd, 'old/osiris.db'), { readonly: true }).query(
    "SELECT name FROM sqlite_schema WHERE name = 'entries'",
  );
  expect(tables.all()).toEqual([]);
  expect((await run(['restore', path, '--data-dir', 'fresh'])).code).toBe(0);
  expect((await run(['ledger', 'verify', '--data-dir', 'fresh'])).code).toBe(0);
});
