// `osiris accounts …`: who has keys here, what they have and what they spend.

import type { Command } from 'commander';
import type { AccountDesk, AccountQuery } from '../accounts/account-desk.ts';
import { Fault } from '../canonical/fault.ts';
import { compact, type JsonObject } from '../lib/json.ts';
import { openAccountBook } from './account-book.ts';
import { accountTable, describeAccount } from './account-text.ts';
import { Failure } from './failure.ts';
import { PAGE_FOR_PEOPLE, pagesOf } from './listing.ts';
import { withJson, withPlace } from './options.ts';
import { dataDirOf, openIdle } from './place.ts';
import type { CommandPorts, ConfigFlags, Host } from './ports.ts';

type Flags = ConfigFlags & { json?: boolean };
type ListFlags = Flags & AccountQuery;

export function addAccountsCommands(program: Command, ports: CommandPorts, host: Host): void {
  const accounts = program
    .command('accounts')
    .description('whose keys there are, what they have and what they spend');
  const tell = (flags: Flags, json: JsonObject | JsonObject[], text: string) =>
    host.stdout(flags.json ? `${JSON.stringify(json, null, 2)}\n` : text);

  withJson(withPlace(accounts.command('list')))
    .description('list accounts, newest first')
    .option('--email <text>', 'only accounts whose address holds this text')
    .option('--keys <which>', 'only accounts with a key that works (active), or without one (none)')
    .option('--trial <which>', 'only accounts that have used their trial, or have it unused')
    .option('--limit <n>', `how many at most (${PAGE_FOR_PEOPLE}; with --json all)`)
    .option('--after <email>', 'go on behind this account')
    .action(async (flags: ListFlags) => {
      const { email, keys, trial, limit, after } = flags;
      const query = { email, keys, trial, limit, after };
      const { data, hasMore } = await withBook(ports, flags, (book) =>
        pagesOf((words) => book.list(words), query, {
          all: flags.json === true,
          idOf: (account) => String(account.mailbox),
        }),
      );
      const filtered = Object.keys(compact({ email, keys, trial, after })).length > 0;
      const more = `\nThere are more; go on with --after ${data.at(-1)?.mailbox}\n`;
      tell(flags, data, `${accountTable(data, filtered)}${hasMore ? more : ''}`);
    });

  withJson(withPlace(accounts.command('show <email>')))
    .description('show one account with its keys')
    .addHelpText(
      'after',
      '\nAny spelling of the address will do: dots and plus-suffixes of gmail.com are\none mailbox.\n',
    )
    .action(async (email: string, flags: Flags) => {
      const account = await withBook(ports, flags, (book) => book.show(email));
      tell(flags, account, describeAccount(account));
    });
}

async function withBook<T>(
  ports: CommandPorts,
  flags: Flags,
  use: (book: AccountDesk) => Promise<T>,
): Promise<T> {
  const { dataDir } = dataDirOf(ports, flags);
  const book = await openAccountBook(dataDir, () => openIdle(ports, flags));
  try {
    return await use(book);
  } catch (thrown) {
    throw inCommandWords(thrown);
  } finally {
    await book.close();
  }
}

/** What a Fault says of routes and members, said of commands and flags. */
function inCommandWords(thrown: unknown): unknown {
  if (!(thrown instanceof Fault)) return thrown;
  const { code, status } = thrown;
  const message = thrown.message
    .replace(/GET \/admin\/keys\?account=(\w+)/, '`osiris keys list --account $1`')
    .replace('GET /admin/accounts', '`osiris accounts list`');
  if (status === 404) return new Failure(message, 1, code);
  return status === 400 ? new Failure(`--${message}.`, 2, code) : thrown;
}
