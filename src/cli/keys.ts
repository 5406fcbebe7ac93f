// `osiris keys …`: makes, lists, shows and revokes clients' keys.

import type { Command } from 'commander';
import { Fault } from '../canonical/fault.ts';
import { environment } from '../config/environment.ts';
import { asArray, type JsonObject } from '../lib/json.ts';
import { databasePath } from '../store/data-dir.ts';
import { requireConfig } from './config.ts';
import { Failure } from './failure.ts';
import { type KeyBook, openKeyBook } from './key-book.ts';
import { bodyOfFlags, type KeyFlags, withKeyFlags } from './key-flags.ts';
import { doubtsAbout } from './key-models.ts';
import { describeKey, describeNewKey, keyTable } from './key-text.ts';
import { withJson, withPlace } from './options.ts';
import type { CommandPorts, ConfigFlags, Host } from './ports.ts';

type Flags = ConfigFlags & { json?: boolean };

export function addKeysCommands(program: Command, ports: CommandPorts, host: Host): void {
  const keys = program.command('keys').description('make, list, show and revoke the keys of your clients');
  const tell = (flags: Flags, json: JsonObject | JsonObject[], text: string) =>
    host.stdout(flags.json ? `${JSON.stringify(json, null, 2)}\n` : text);

  withJson(withPlace(withKeyFlags(keys.command('create'))))
    .description('make a key; its secret is shown once')
    .action(async (flags: Flags & KeyFlags) => {
      const body = bodyOfFlags(flags);
      const key = await withBook(ports, flags, (book) => book.create(body));
      const doubts = doubtsAbout(asArray(body.models).map(String), requireConfig(ports, flags));
      if (key.status === 'expired') doubts.push('This key has expired already.');
      for (const doubt of doubts) host.stderr(`osiris: note: ${doubt}\n`);
      tell(flags, key, describeNewKey(key));
    });

  withJson(withPlace(keys.command('list')))
    .description('list all keys, newest first')
    .action(async (flags: Flags) => {
      const list = await withBook(ports, flags, (book) => book.list());
      tell(flags, list, keyTable(list));
    });

  withJson(withPlace(keys.command('show <id>')))
    .description('show one key')
    .action(async (id: string, flags: Flags) => {
      checkId(id);
      const key = await withBook(ports, flags, (book) => book.show(id));
      tell(flags, key, describeKey(key));
    });

  withJson(withPlace(keys.command('revoke <id>')))
    .description('refuse a key from now on; this cannot be undone')
    .action(async (id: string, flags: Flags) => {
      checkId(id);
      const key = await withBook(ports, flags, (book) => book.revoke(id));
      tell(flags, key, `Revoked ${key.id} "${key.name}": requests with it answer 401 from now on.\n`);
    });
}

async function withBook<T>(
  ports: CommandPorts,
  flags: Flags,
  use: (book: KeyBook) => Promise<T>,
): Promise<T> {
  const place = dataDirOf(ports, flags);
  const book = await openKeyBook(place.dataDir, () => openExisting(ports, place));
  try {
    return await use(book);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'not_found') {
      throw new Failure('There is no key with this id.\n`osiris keys list` shows them.', 1, 'not_found');
    }
    throw thrown;
  } finally {
    book.close();
  }
}

type Place = { dataDir: string; from: string };

export function dataDirOf(ports: CommandPorts, flags: ConfigFlags): Place {
  const config = requireConfig(ports, flags);
  if (flags.dataDir !== undefined) return { dataDir: config.dataDir, from: '--data-dir' };
  if (environment().OSIRIS_DATA_DIR) return { dataDir: config.dataDir, from: 'OSIRIS_DATA_DIR' };
  return { dataDir: config.dataDir, from: config.file ?? 'the default; no osiris.yaml was found here' };
}

/** The directory of an installation that exists; a wrong place is told where we looked and what to do. */
export function openExisting(ports: CommandPorts, place: Place) {
  try {
    return ports.openDirectory(place.dataDir, 'existing');
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown.cause !== undefined || !thrown.message.startsWith('There is no'))
      throw thrown;
    throw new Failure(
      [
        `There is no Osiris database at ${databasePath(place.dataDir)} (from ${place.from}).`,
        'If Osiris is installed elsewhere: run this in the directory of its osiris.yaml, or give --config or --data-dir.',
        'If it is new: `osiris init` or `osiris serve` makes the database.',
      ].join('\n'),
      1,
      'no_database',
    );
  }
}

function checkId(id: string): void {
  if (/^key_[0-9A-Za-z]{16}$/.test(id)) return;
  const hint = id.startsWith('sk-') ? 'This is a secret, not an id. ' : '';
  throw new Failure(`${hint}A key's id is key_ and 16 characters; \`osiris keys list\` shows them.`, 2);
}
