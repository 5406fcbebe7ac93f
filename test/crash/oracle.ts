// The judge of the crash run: joins both logs to the ledger by SQL and arithmetic of its own; knows nothing of `src`.

import { Database } from 'bun:sqlite';
import { judgeBooks } from './oracle-books.ts';
import type { ClientRecord, Records } from './records.ts';
import { chargeOf, nonceOf, type Tokens, tokensOf } from './tariff.ts';

/** What has been seen so far. `unknown`: charged, and not marked as delivered. */
export type Tally = {
  calls: number;
  complete: number;
  /** Ends of calls in the ledger, and those of them that cost something. */
  ended: number;
  charged: number;
  chargedNano: bigint;
  unknown: number;
  /** Of those: the client has in truth not received the whole answer. */
  undelivered: number;
  released: number;
};

export type Verdict = { tally: Tally; violations: string[] };

type Row = {
  id: bigint;
  kind: 'charge' | 'release';
  debit: bigint;
  amount: bigint;
  key: string;
  model: string;
  rule: string;
  cost: bigint;
  input: bigint | null;
  cached: bigint | null;
  output: bigint | null;
  source: string | null;
  delivery: string | null;
};

const ROWS = `SELECT id, kind, debit, amount_nano AS amount, key, model, rule, cost_nano AS cost,
    input_uncached + cache_read + cache_write_5m + cache_write_1h + cache_write_other AS input,
    cache_read AS cached, output, usage_source AS source,
    iif(id IN (SELECT entry FROM deliveries), 'complete', delivery) AS delivery
  FROM entries WHERE kind IN ('charge', 'release') AND id > ? ORDER BY id`;

/** Rules by which nothing is charged. */
const FREE_RULES = new Set(['upstream-failed', 'our-failure', 'crashed']);
const WINDOWS_BOOK = 6n;
/** Twelve characters are guessed to be this many tokens. */
const FRAME_TOKENS_MAX = 4;
const SHOWN_MAX = 20;

/** Judges the database again and again; what has been judged once has to stay as it was. */
export class Oracle {
  readonly #path: string;
  readonly #records: Records;
  readonly #tally: Tally = noTally();
  /** Rows that name their call, and how many answers of guessed usage a key and model were charged. */
  readonly #rowOf = new Map<number, Row>();
  readonly #guessed = new Map<string, number>();
  readonly #judged = new Set<number>();
  #violations: string[] = [];
  #until = 0n;
  #sealed = { count: 0n, amount: 0n };

  constructor(path: string, records: Records) {
    this.#path = path;
    this.#records = records;
  }

  /** To be asked while no call is in flight; `restarted` when the server has just been started again. */
  judge({ restarted }: { restarted: boolean }): Verdict {
    this.#violations = [];
    const database = new Database(this.#path, { readonly: true, safeIntegers: true, strict: true });
    try {
      this.#violations.push(...judgeBooks(database, restarted));
      this.#judgeOld(database);
      const rows = database.query<Row, [bigint]>(ROWS).all(this.#until);
      const purses = new Map(
        database
          .query<{ id: string; purse: bigint; kind: string }, []>('SELECT id, purse, kind FROM keys')
          .all()
          .map(({ id, purse, kind }) => [id, kind === 'time' ? WINDOWS_BOOK : purse]),
      );
      for (const row of rows) {
        if (row.debit !== purses.get(row.key)) this.#breach(row, 'was paid from another purse');
        this.#judgeRow(row);
      }
      this.#judgeClients();
      this.#judgeGuesses();
      this.#seal(database, rows);
    } finally {
      database.close();
    }
    return { tally: { ...this.#tally }, violations: this.#violations };
  }

  /** Rows that were there the last time are there still, and no older one has come in between. */
  #judgeOld(database: Database): void {
    const { count, amount } = sumUntil(database, this.#until);
    if (count !== this.#sealed.count || amount !== this.#sealed.amount)
      this.#violations.push(
        `rows up to ${this.#until} were ${this.#sealed.count} with ${this.#sealed.amount}, now ${count} with ${amount}`,
      );
  }

  #judgeRow(row: Row): void {
    const tally = this.#tally;
    if (row.kind === 'release') {
      tally.released += 1;
      if (row.amount !== 0n || row.rule !== 'crashed') this.#breach(row, 'is no release of a crash');
      return;
    }
    tally.ended += 1;
    if (row.amount > 0n) {
      tally.charged += 1;
      tally.chargedNano += row.amount;
    }
    if (FREE_RULES.has(row.rule) && row.amount !== 0n) this.#breach(row, 'charges what is free');
    if (row.source === 'estimated') this.#judgeGuess(row);
    else this.#judgeNamed(row, nonceOf(Number(row.input)));
  }

  #judgeNamed(row: Row, nonce: number): void {
    const client = this.#records.client.get(nonce);
    if (client === undefined || this.#rowOf.has(nonce)) {
      this.#breach(row, client ? `is the second end of call ${nonce}` : 'is a call that nobody made');
      return;
    }
    this.#rowOf.set(nonce, row);
    if (row.key !== client.key || row.model !== client.model)
      this.#breach(row, `has another key or model than call ${nonce}`);
    this.#judgeAmount(row, nonce, client);
    this.#judgeDelivery(row, client);
  }

  #judgeAmount(row: Row, nonce: number, client: ClientRecord): void {
    const told = tokensOf(nonce);
    const attempts = this.#records.upstream.get(nonce) ?? [];
    switch (row.rule) {
      case 'finished':
        if (!attempts.some((attempt) => attempt.sentLast))
          this.#breach(row, `finishes call ${nonce}, whose answer never ended`);
        if (!isSame(tokensIn(row), told)) this.#breach(row, `has other tokens than call ${nonce}`);
        if (row.amount !== chargeOf(row.model, told))
          this.#breach(row, `call ${nonce} costs ${chargeOf(row.model, told)}`);
        return;
      case 'client-left': {
        if (client.outcome !== 'cancelled') this.#breach(row, `call ${nonce} was not left by its client`);
        const tokens = tokensIn(row);
        const frames = Math.max(...attempts.map((attempt) => attempt.frames));
        if (tokens.cached !== told.cached || tokens.output > Math.max(told.output, frames * FRAME_TOKENS_MAX))
          this.#breach(row, `has more tokens than call ${nonce} was told`);
        const due = tokens.output > 0 ? chargeOf(row.model, tokens) : 0n;
        if (row.amount !== due) this.#breach(row, `call ${nonce} costs ${due}`);
        return;
      }
      default:
        // a failure costs nothing, which has been looked at
        if (client.outcome === 'complete') this.#breach(row, `call ${nonce} was received completely`);
    }
  }

  #judgeDelivery(row: Row, client: ClientRecord): void {
    if (row.delivery === 'complete') {
      if (client.outcome === 'cut')
        this.#breach(row, `call ${client.nonce} was cut and is marked as delivered`);
      return;
    }
    if (row.amount === 0n) return;
    this.#tally.unknown += 1;
    if (client.outcome !== 'complete') this.#tally.undelivered += 1;
  }

  /** Usage that no upstream reported names no call: such a charge needs a client that left. */
  #judgeGuess(row: Row): void {
    if (row.amount === 0n) return;
    if (row.rule !== 'client-left') this.#breach(row, 'charges a guess');
    const tokens = tokensIn(row);
    const due = tokens.output > 0 ? chargeOf(row.model, tokens) : 0n;
    if (row.amount !== due) this.#breach(row, `such tokens cost ${due}`);
    const place = `${row.key} ${row.model}`;
    this.#guessed.set(place, (this.#guessed.get(place) ?? 0) + 1);
    this.#tally.unknown += row.delivery === 'complete' ? 0 : 1;
    this.#tally.undelivered += row.delivery === 'complete' ? 0 : 1;
  }

  #judgeClients(): void {
    for (const client of this.#records.client.values()) {
      if (this.#judged.has(client.nonce)) continue;
      this.#judged.add(client.nonce);
      this.#tally.calls += 1;
      if (client.outcome !== 'complete') continue;
      this.#tally.complete += 1;
      if (this.#rowOf.get(client.nonce)?.rule !== 'finished')
        this.#violations.push(`call ${client.nonce} (${client.requestId}) was received and is not charged`);
    }
  }

  /** No key and model has more guesses charged than calls that their client left in the middle of a stream. */
  #judgeGuesses(): void {
    const left = new Map<string, number>();
    for (const { key, model, outcome, nonce } of this.#records.client.values()) {
      if (outcome !== 'cancelled' || this.#rowOf.has(nonce)) continue;
      left.set(`${key} ${model}`, (left.get(`${key} ${model}`) ?? 0) + 1);
    }
    for (const [place, count] of this.#guessed)
      if (count > (left.get(place) ?? 0)) this.#violations.push(`${place}: ${count} guesses are charged`);
  }

  #seal(database: Database, rows: Row[]): void {
    this.#until = rows.at(-1)?.id ?? this.#until;
    this.#sealed = sumUntil(database, this.#until);
  }

  #breach(row: Row, what: string): void {
    const { id, key, model, rule, amount, source, delivery } = row;
    this.#violations.push(`entry ${id} (${key} ${model} ${rule} ${amount} ${source} ${delivery}): ${what}`);
  }
}

/** At most a screen of them. */
export function shownViolations(violations: string[]): string {
  const more = violations.length > SHOWN_MAX ? `\n… and ${violations.length - SHOWN_MAX} more` : '';
  return violations.slice(0, SHOWN_MAX).join('\n') + more;
}

export function noTally(): Tally {
  const counts = { calls: 0, complete: 0, ended: 0, charged: 0, unknown: 0, undelivered: 0, released: 0 };
  return { ...counts, chargedNano: 0n };
}

function tokensIn({ input, cached, output }: Row): Tokens {
  return { input: Number(input), cached: Number(cached), output: Number(output) };
}

function isSame(a: Tokens, b: Tokens): boolean {
  return a.input === b.input && a.cached === b.cached && a.output === b.output;
}

function sumUntil(database: Database, id: bigint): { count: bigint; amount: bigint } {
  const row = database
    .query<{ count: bigint; amount: bigint }, [bigint]>(
      `SELECT count(*) AS count, coalesce(sum(amount_nano), 0) AS amount FROM entries
       WHERE kind IN ('charge', 'release') AND id <= ?`,
    )
    .get(id);
  return row ?? { count: 0n, amount: 0n };
}
