// Ledgers that went wrong in a known way, to show that the judge of the crash run notices.

import { Database } from 'bun:sqlite';
import { copyFileSync } from 'node:fs';

/** What was done to the database behind its back, and what the judge says of it. */
export const TAMPERINGS: { name: string; sql: string[]; says: RegExp }[] = [
  {
    name: 'a charge that is lost with its money given back',
    sql: [
      `UPDATE purses SET balance_nano = balance_nano + (SELECT amount_nano FROM victim) WHERE id = (SELECT debit FROM victim)`,
      'UPDATE purses SET balance_nano = balance_nano - (SELECT amount_nano FROM victim) WHERE id = 3',
      'DELETE FROM entries WHERE id = (SELECT id FROM victim)',
    ],
    // the first charge may be one whose client left at its very end: then only the sums of its day tell
    says: /was received and is not charged|, counted \d+ calls/,
  },
  {
    name: 'a charge that comes twice',
    sql: [
      'CREATE TEMP TABLE copy AS SELECT * FROM entries WHERE id = (SELECT id FROM victim)',
      // the next number of its own millisecond may be another call's
      'UPDATE copy SET id = (SELECT max(id) + 1 FROM entries)',
      'INSERT INTO entries SELECT * FROM copy',
    ],
    says: /is the second end of call/,
  },
  {
    name: 'a charge of one nanodollar too much',
    sql: ['UPDATE entries SET amount_nano = amount_nano + 1 WHERE id = (SELECT id FROM victim)'],
    says: /call \d+ costs/,
  },
  {
    name: 'a balance that no entry explains',
    sql: ['UPDATE purses SET balance_nano = balance_nano + 1 WHERE id = (SELECT debit FROM victim)'],
    says: /credits − charges − forfeits/,
  },
  {
    name: 'an answer that was cut and counts as delivered',
    sql: ["INSERT OR IGNORE INTO deliveries SELECT id FROM entries WHERE delivery = 'unknown'"],
    says: /is marked as delivered/,
  },
  {
    name: 'a hold that stays',
    sql: ["INSERT INTO holds VALUES (1, 'key', 100, 1, 'crash-chat', 1)"],
    says: /holds are open after the start/,
  },
  {
    name: 'a call that failed and is charged',
    sql: ["UPDATE entries SET rule = 'upstream-failed' WHERE id = (SELECT id FROM victim)"],
    says: /charges what is free/,
  },
];

/** A copy of a database at rest, at `to`, after the statements; without the triggers that would refuse them. */
export function tamper(from: string, to: string, sql: readonly string[]): void {
  copyFileSync(from, to);
  const database = new Database(to, { readwrite: true, safeIntegers: true });
  const triggers = database
    .query<{ name: string }, []>(
      "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name NOT LIKE '%move_money' AND name NOT LIKE '%end_calls'",
    )
    .all();
  for (const { name } of triggers) database.run(`DROP TRIGGER ${name}`);
  database.run(`CREATE TEMP TABLE victim AS SELECT id, debit, amount_nano FROM entries
    WHERE kind = 'charge' AND rule = 'finished' AND amount_nano > 0 AND usage_source = 'reported'
      AND id IN (SELECT entry FROM deliveries) AND debit >= 100 ORDER BY id LIMIT 1`);
  for (const statement of sql) database.run(statement);
  database.run('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
}
