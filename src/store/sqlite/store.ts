// Opens everything that is kept in osiris.db.

import { type Clock, systemClock } from '../../lib/clock.ts';
import type { Calendar } from '../calendar.ts';
import { databasePath } from '../data-dir.ts';
import type { Directory, Ledger } from '../ports.ts';
import type { Statements } from '../statements.ts';
import { createDirectory } from './directory.ts';
import { watchPresence } from './file-presence.ts';
import { createLedger } from './ledger.ts';
import { directChannel, threadChannel } from './ledger-channel.ts';
import { type OpenMode, openDatabase } from './open.ts';
import { openStatements } from './statements.ts';

export type StoreOptions = {
  mode: OpenMode;
  calendar: Calendar;
  /** `thread` beside a server: commits then stop nothing else. */
  writer: 'thread' | 'direct';
  /** Ends what a crash left open; false for a command, beside which a server might run after all. */
  recover?: boolean;
  clock?: Clock;
  /** Where the process is to die, for tests of what survives it. */
  failpoint?: string | undefined;
};

export type Store = {
  directory: Directory;
  ledger: Ledger;
  statements: Statements;
  /** Writes what is pending, then closes the files. */
  close(): Promise<void>;
};

/**
 * The store in `<dataDir>/osiris.db`. Only `create` makes the directory (0700) and the file (0600); `existing` throws
 * `storage_fault` when there is none.
 */
export async function openStore(dataDir: string, options: StoreOptions): Promise<Store> {
  const { mode, calendar, writer, recover = true, clock = systemClock, failpoint } = options;
  const path = databasePath(dataDir);
  const database = openDatabase(path, mode);
  try {
    const direct = writer === 'direct';
    const channel = direct ? directChannel(database) : await threadChannel(path, failpoint);
    const directory = createDirectory(database, { clock, dayOf: (timeMs) => calendar.dayOf(timeMs) });
    const ledger = await createLedger(database, channel, { calendar, recover });
    const statements = openStatements(path);
    const presence = watchPresence(path);
    return {
      directory,
      ledger: {
        ...ledger,
        trouble: () => ledger.trouble() ?? presence.trouble(),
        prove: async () => (await ledger.prove()) ?? presence.trouble(),
      },
      statements,
      async close() {
        presence.stop();
        directory.close();
        statements.close();
        await ledger.close();
        database.close();
      },
    };
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}
