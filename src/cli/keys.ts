// `osiris keys …`: everything an operator does with clients' keys.

import type { Command } from 'commander';
import type { ListQuery } from '../accounts/key-desk.ts';
import { Fault } from '../canonical/fault.ts';
import type { Config } from '../config/config.ts';
import { asArray, type JsonObject } from '../lib/json.ts';
import { requireConfig } from './config.ts';
import { Failure } from './failure.ts';
import { type KeyBook, openKeyBook } from './key-book.ts';
import {
  bodyOfFlags,
  inFlags,
  type KeyFlags,
  newKeyOfFlags,
  withKeyFlags,
  withLimitFlags,
} from './key-flags.ts';
import { doubtsAbout } from './key-models.ts';
import { describeCredit, describeKey, describeNewKey, describeRotation, keyTable } from './key-text.ts';
import { PAGE_FOR_PEOPLE, type Page, pagesOf } from './listing.ts';
import { withJson, withPlace } from './options.ts';
import { dataDirOf, openIdle } from './place.ts';
import type { CommandPorts, ConfigFlags, Host } from './ports.ts';

type Flags = ConfigFlags & { json?: boolean };
type ListFlags = Flags & Partial<Record<keyof ListQuery, string>>;

const WHICH = 'ID is the id of a key (key_…), its exact name or its beginning (sk-osiris-ab12).';

const CREATE_EXAMPLES = `
Examples:
  osiris keys create --name ana --credit 5          pay per use, up to 5 USD
  osiris keys create --name ben --credit 50 --budget 20/month
  osiris keys create --name team --kind time --days 30 --quota 100
  osiris keys create --name try --kind trial --account ana@gmail.com
  osiris keys create --name bot --models 'sandbox/*' --rpm 10
`;
const LIMIT_EXAMPLES = `
${WHICH}
The word none takes a limit away: the plan's or the configuration's holds again.

Examples:
  osiris keys limit ana --rpm 120 --budget 50/month
  osiris keys limit ana --models none --expires none
`;
const CREDIT_EXAMPLES = `
${WHICH}
Money is a gift without an end unless --expires sets one. With --purchase the
balance ends a month later than now, or than it would have, at most three months
from now. A negative amount takes money that is there.

Examples:
  osiris keys credit ana 5
  osiris keys credit ana 20 --purchase --note "invoice 17"
  osiris keys credit ana -2.50 --note "paid twice"
`;

export function addKeysCommands(program: Command, ports: CommandPorts, host: Host): void {
  const keys = program.command('keys').description("your clients' keys: make, show, fill, limit, replace");
  const tell = (flags: Flags, json: JsonObject | JsonObject[], text: string) =>
    host.stdout(flags.json ? `${JSON.stringify(json, null, 2)}\n` : text);
  const note = (doubts: string[]) => {
    for (const doubt of doubts) host.stderr(`osiris: note: ${doubt}\n`);
  };
  const doubtsOf = (key: JsonObject, body: JsonObject, config: Config | undefined) => [
    ...(config ? doubtsAbout(asArray(body.models).map(String), config) : []),
    ...(key.status === 'expired' ? ['This key has expired already.'] : []),
  ];

  withJson(withPlace(withKeyFlags(keys.command('create'))))
    .description('make a key; its secret is shown once')
    .addHelpText('after', CREATE_EXAMPLES)
    .action(async (flags: Flags & KeyFlags) => {
      const config = requireConfig(ports, flags);
      const body = newKeyOfFlags(flags, config);
      const [key, others] = await withBook(ports, flags, async (book) => {
        const key = await book.create(body);
        return [key, await namesakesOf(key, book)] as const;
      });
      note([...doubtsOf(key, body, config), ...others]);
      tell(flags, key, describeNewKey(key));
    });

  withJson(withPlace(keys.command('list')))
    .description('list keys, newest first unless sorted')
    .option('--account <email>', 'only keys of this account, or of operator')
    .option('--kind <kind>', 'only credit, time or trial keys')
    .option('--status <status>', 'only active, expired or revoked keys')
    .option('--name <text>', 'only keys whose name holds this text')
    .option('--sort <what>', 'by name, status, kind, balance, spent or last_used instead of created')
    .option('--order <way>', 'up or down (names, states and kinds up, all else down)')
    .option('--limit <n>', `how many at most (${PAGE_FOR_PEOPLE}; with --json all)`)
    .option('--after <id>', 'go on behind this key')
    .action(async (flags: ListFlags) => {
      const { data, hasMore } = await withBook(ports, flags, (book) => listed(book, flags));
      tell(flags, data, `${keyTable(data, isFiltered(flags))}${hasMore ? moreLine(data) : ''}`);
    });

  withJson(withPlace(keys.command('show <id>')))
    .description('show one key with its balance and usage')
    .addHelpText('after', `\n${WHICH}\n`)
    .action(async (word: string, flags: Flags) => {
      const id = notSecret(word);
      const key = await withBook(ports, flags, (book) => book.show(id));
      tell(flags, key, describeKey(key));
    });

  withJson(withPlace(keys.command('credit <id> <usd>')))
    .description('give money to a key, or take some back')
    .option('--purchase', 'it was paid for: the balance ends by the rule for purchases')
    .option('--expires <date>', 'the whole balance ends at 2030-12-31 (00:00 UTC)')
    .option('--note <text>', 'why; kept in the ledger')
    .addHelpText('after', CREDIT_EXAMPLES)
    .action(async (word: string, amount: string, flags: Flags & KeyFlags) => {
      const id = notSecret(word);
      const body = { ...bodyOfFlags(flags), amount_usd: amount };
      const key = await withBook(ports, flags, (book) => book.credit(id, body));
      tell(flags, key, describeCredit(key));
    });

  withJson(withPlace(withLimitFlags(keys.command('limit <id>'))))
    .description('change what a key may do; the next call sees it')
    .option('--name <name>', 'another name')
    .option('--log-bodies', 'keep its requests and answers in the log')
    .option('--no-log-bodies', 'do not keep them')
    .option('--strict', 'refuse a request that another format cannot carry whole')
    .option('--no-strict', 'answer it, and say what was lost')
    .addHelpText('after', LIMIT_EXAMPLES)
    .action(async (word: string, flags: Flags & KeyFlags) => {
      const id = notSecret(word);
      const body = bodyOfFlags(flags, 'none');
      if (Object.keys(body).length === 0)
        throw new Failure(
          'Nothing to change: name a limit, such as --rpm 60.\nosiris keys limit --help lists them.',
          2,
        );
      const key = await withBook(ports, flags, (book) => book.change(id, body));
      const loaded = ports.loadConfig(flags);
      note(doubtsOf(key, body, loaded.ok ? loaded.config : undefined));
      tell(flags, key, `Changed; the next call sees it.\n\n${describeKey(key)}`);
    });

  withJson(withPlace(keys.command('rotate <id>')))
    .description('give a key a new secret; the old one works a while longer')
    .option('--grace <duration>', 'how long, such as 24h, 30m, or 0 for not at all (24h)')
    .addHelpText(
      'after',
      `\n${WHICH}\nBalance, limits and usage stay with the key. Only the newest two\nsecrets open: a third one ends at once.\n`,
    )
    .action(async (word: string, flags: Flags & KeyFlags) => {
      const id = notSecret(word);
      const body = bodyOfFlags(flags);
      const key = await withBook(ports, flags, (book) => book.rotate(id, body));
      tell(flags, key, describeRotation(key));
    });

  withJson(withPlace(keys.command('revoke <id>')))
    .description('refuse a key from now on; this cannot be undone')
    .addHelpText('after', `\n${WHICH}\n`)
    .action(async (word: string, flags: Flags) => {
      const id = notSecret(word);
      const key = await withBook(ports, flags, (book) => book.revoke(id));
      tell(flags, key, `Revoked ${key.id} "${key.name}": requests with it answer 401 from now on.\n`);
    });
}

function listed(book: KeyBook, flags: ListFlags): Promise<Page> {
  const { account, kind, status, name, sort, order, limit, after } = flags;
  const query = { account, kind, status, name, sort, order, limit, after };
  const of = { all: flags.json === true, idOf: (key: JsonObject) => String(key.id) };
  return pagesOf((words) => book.list(words), query, of);
}

/** A name that several keys bear stands for none of them. */
async function namesakesOf({ id, name }: JsonObject, book: KeyBook): Promise<string[]> {
  const { data } = await book.list({ name: String(name) });
  const has = data.some((each) => each.name === name && each.id !== id && each.status !== 'revoked');
  return has ? [`Another key is named ${JSON.stringify(name)}, too; commands then need the id.`] : [];
}

function isFiltered({ account, kind, status, name, after }: ListFlags): boolean {
  return [account, kind, status, name, after].some((each) => each !== undefined);
}

function moreLine(data: JsonObject[]): string {
  return `\nThere are more; go on with --after ${data.at(-1)?.id}\n`;
}

async function withBook<T>(
  ports: CommandPorts,
  flags: Flags & KeyFlags,
  use: (book: KeyBook) => Promise<T>,
): Promise<T> {
  const { dataDir } = dataDirOf(ports, flags);
  const book = await openKeyBook(dataDir, () => openIdle(ports, flags));
  try {
    return await use(book);
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'not_found') {
      const hint = '`osiris keys list` shows them all.';
      throw new Failure(`There is no key with this id, name or beginning.\n${hint}`, 1, 'not_found');
    }
    throw inFlags(thrown, flags);
  } finally {
    await book.close();
  }
}

/** Whole secrets have no business in a command's words: shells and process lists keep them. */
function notSecret(id: string): string {
  if (!/^sk-osiris-[0-9a-f]{15,}/.test(id) && !id.startsWith('osiris-admin-')) return id;
  throw new Failure(`This is a secret, not an id. ${WHICH}\n\`osiris keys list\` shows the ids.`, 2);
}
