// A real ledger on a real disk beside a model of a few sums, which have to agree after every step.

import { Database } from 'bun:sqlite';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HoldOrder, Key, Ledger, Posting } from '../../src/store/ports.ts';
import { createLedger } from '../../src/store/sqlite/ledger.ts';
import type { LedgerChannel } from '../../src/store/sqlite/ledger-channel.ts';
import { openDatabase } from '../../src/store/sqlite/open.ts';
import { judgeBooks } from '../crash/oracle-books.ts';
import { DAILY, endOf, keyIn, orderFor, storeIn } from '../support/ledger.ts';
import { FatefulChannel, settleDown } from './ledger-disk.ts';
import type { Payer, Step } from './ledger-steps.ts';

/** Ways to build the ledger wrong. */
export type Spoil = {
  ledger?: (ledger: Ledger) => Ledger;
  channel?: (channel: LedgerChannel) => LedgerChannel;
  /** Done to the file between a death and the next start. */
  file?: (database: Database) => void;
};

type State = 'on its way' | 'on disk' | 'failed';
type Call = { payer: Payer; order: HoldOrder; isOpen: boolean; end?: { state: State; chargedNano: bigint } };
type Move = { payer: Payer; state: State; amountNano: bigint };

const START_NANO = 1_000n;
const QUOTA_NANO = 2_000n;

type Template = { path: string; keys: Record<Payer, Key> };
let template: Promise<Template> | undefined;

/** One migrated database with a key for each payer, to be copied. */
async function makeTemplate(): Promise<Template> {
  const directory = mkdtempSync(join(tmpdir(), 'osiris-law-8-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  const store = await storeIn(directory);
  const keys = {
    credit: keyIn(store, { creditNano: START_NANO }),
    strict: keyIn(store, { creditNano: START_NANO }),
    time: keyIn(store, { kind: 'time', days: 30, quotaNano: QUOTA_NANO }),
  };
  await store.close();
  return { path: join(directory, 'osiris.db'), keys };
}

export class LedgerWorld {
  readonly #directory = mkdtempSync(join(tmpdir(), 'osiris-law-8-'));
  readonly #path = join(this.#directory, 'osiris.db');
  readonly #keys: Record<Payer, Key>;
  readonly #spoil: Spoil;
  readonly #calls: Call[] = [];
  readonly #moves: Move[] = [];
  #database!: Database;
  #channel!: FatefulChannel;
  #ledger!: Ledger;
  #tick: () => void = () => {};

  private constructor({ path, keys }: Template, spoil: Spoil) {
    copyFileSync(path, this.#path);
    this.#keys = keys;
    this.#spoil = spoil;
  }

  /** Takes the steps one by one and throws when something does not agree. */
  static async live(steps: readonly Step[], spoil: Spoil = {}): Promise<void> {
    template ??= makeTemplate();
    const world = new LedgerWorld(await template, spoil);
    try {
      await world.#open();
      for (const step of steps) {
        await world.#take(step);
        await world.#compare();
      }
      await world.#end();
    } catch (thrown) {
      throw new Error(`${String(thrown)}\n${steps.map(tell).join('\n')}`);
    } finally {
      world.#database.close();
      rmSync(world.#directory, { recursive: true, force: true });
    }
  }

  async #open(): Promise<void> {
    this.#database = openDatabase(this.#path, 'existing');
    this.#channel = new FatefulChannel(this.#database, this.#spoil.channel ?? ((channel) => channel));
    const options = { calendar: DAILY, every: (_: number, tick: () => void) => this.#beat(tick) };
    const ledger = await createLedger(this.#database, this.#channel, options);
    this.#ledger = this.#spoil.ledger?.(ledger) ?? ledger;
    this.#channel.eager = false;
  }

  #beat(tick: () => void): () => void {
    this.#tick = tick;
    return () => {};
  }

  async #take(step: Step): Promise<void> {
    switch (step.do) {
      case 'hold':
        return this.#hold(step.payer, step.needNano, step.moreNano);
      case 'hold again': {
        const call = this.#calls.at(-1 - step.call);
        if (call?.isOpen) this.#expect(this.#ledger.hold(call.order).ok, true, 'a second order');
        return;
      }
      case 'settle':
        return this.#settle(step);
      case 'deliver': {
        const call = this.#calls.at(-1 - step.call);
        if (call?.end?.state === 'on disk') this.#ledger.delivered(call.order.callId);
        return;
      }
      case 'post':
        return this.#post(step.payer, step.kind, step.amountNano);
      case 'tick':
        return this.#tick();
      case 'write':
        return this.#channel.decide(step.fate);
      case 'crash':
        return this.#crash();
      default:
        step satisfies never;
    }
  }

  #hold(payer: Payer, needNano: bigint, moreNano: bigint): void {
    const strict = payer === 'strict';
    // a strict hold needs all it holds; an old call is one that the next tick writes down
    const holdNano = strict ? needNano : needNano + moreNano;
    const order = orderFor(this.#keys[payer], { needNano, holdNano, strict, atMs: 1 });
    const available = this.#balanceOf(payer) - this.#heldOf(payer);
    const may = needNano === 0n || (this.#balanceOf(payer) >= needNano && available >= needNano);
    this.#expect(this.#ledger.hold(order).ok, may, `a hold of ${payer} may begin`);
    if (may) this.#calls.push({ payer, order, isOpen: true });
  }

  #settle({ call: back, rule, chargeNano }: Step & { do: 'settle' }): void {
    const call = this.#calls.at(-1 - back);
    if (call === undefined) return;
    // the hold that bounded a strict call is gone with its first settlement
    if (call.end?.state === 'failed' && call.order.strict) return;
    if (!call.isOpen && call.end === undefined) return;
    const { durable, chargedNano } = this.#ledger.settle(
      endOf(call.order, { rule, costNano: chargeNano, chargeNano }),
    );
    const isRepeated = call.end !== undefined && call.end.state !== 'failed';
    if (isRepeated) {
      this.#expect(chargedNano, call.end?.chargedNano, 'the charge of a second settlement');
      durable.catch(() => {});
      return;
    }
    if (!call.order.strict) this.#expect(chargedNano, chargeNano, 'the charge');
    call.isOpen = false;
    const end = { state: 'on its way' as State, chargedNano };
    call.end = end;
    follow(durable, end);
  }

  #post(payer: Payer, kind: 'grant' | 'forfeit' | 'adjust', amountNano: bigint): void {
    const available = this.#balanceOf(payer) - this.#heldOf(payer);
    const isTaken = kind === 'forfeit' || (kind === 'adjust' && amountNano % 2n === 0n);
    if (isTaken && available < amountNano) return;
    const move: Move = { payer, state: 'on its way', amountNano: isTaken ? -amountNano : amountNano };
    const signed = kind === 'adjust' ? move.amountNano : amountNano;
    const posting: Posting = { kind, purse: this.#keys[payer].purse, amountNano: signed, note: 'law 8' };
    this.#moves.push(move);
    follow(this.#ledger.post(posting), move);
  }

  /** Everything in memory is gone, with the batch that was on its way. */
  async #crash(): Promise<void> {
    const held = new Set(this.#ids('SELECT call_id AS id FROM holds'));
    this.#database.close();
    this.#channel.eager = true;
    for (const call of this.#calls) {
      call.isOpen = false;
      if (call.end?.state === 'on its way') call.end.state = 'failed';
      if (call.end?.state === 'on disk' && held.has(call.order.callId))
        throw new Error('a settled call is held');
    }
    for (const move of this.#moves) if (move.state === 'on its way') move.state = 'failed';
    if (this.#spoil.file) {
      const file = new Database(this.#path, { safeIntegers: true });
      this.#spoil.file(file);
      file.close();
    }
    await this.#open();
    const released = this.#ids("SELECT id FROM entries WHERE kind = 'release'");
    for (const id of held) this.#expect(released.includes(id), true, `the hold of ${id} is released`);
    await this.#compareDisk();
    // what has been a call before is none any more: it is neither settled again nor held
    this.#calls.splice(0, this.#calls.length, ...this.#calls.filter((call) => call.end?.state === 'on disk'));
  }

  async #end(): Promise<void> {
    this.#channel.eager = true;
    await this.#channel.decide('written');
    this.#tick();
    this.#tick();
    await this.#ledger.close();
    await settleDown();
    await this.#compare();
    await this.#compareDisk();
    await this.#crash();
  }

  async #compare(): Promise<void> {
    await settleDown();
    for (const payer of ['credit', 'strict'] as const) {
      const purse = this.#ledger.purse(this.#keys[payer].purse);
      this.#expect(purse?.balanceNano, this.#balanceOf(payer), `the balance of ${payer}`);
      this.#expect(purse?.heldNano, this.#heldOf(payer), `what is held of ${payer}`);
    }
    for (const payer of ['credit', 'strict', 'time'] as const) {
      const { calls, spentNano } = this.#ledger.tally(this.#keys[payer]);
      const ended = this.#ended(payer);
      this.#expect(spentNano, sum(ended), `what ${payer} has spent`);
      // calls that were released at a start count as calls, but only this process knows them not
      if (calls < ended.length) throw new Error(`${payer} has ${calls} calls, fewer than ${ended.length}`);
    }
    if (this.#balanceOf('strict') < 0n) throw new Error('a strict balance is below zero');
  }

  /** Every call has ended once at most, with what it was told; balances are what the entries make. */
  async #compareDisk(): Promise<void> {
    const problems = judgeBooks(this.#database, false);
    if (problems.length > 0) throw new Error(problems.join('\n'));
    type Row = { id: bigint; amount: bigint };
    const rows = this.#database
      .query<Row, []>("SELECT id, amount_nano AS amount FROM entries WHERE kind = 'charge'")
      .all();
    const told = this.#calls.filter((call) => call.end?.state === 'on disk');
    this.#expect(rows.length, told.length, 'the number of charges on disk');
    for (const { order, end } of told) {
      const row = rows.find(({ id }) => id === order.callId);
      this.#expect(row?.amount, end?.chargedNano, `the charge of ${order.callId} on disk`);
    }
  }

  #ids(sql: string): bigint[] {
    return this.#database
      .query<{ id: bigint }, []>(sql)
      .all()
      .map(({ id }) => id);
  }

  #ended(payer: Payer): { amountNano: bigint }[] {
    return this.#calls
      .filter((call) => call.payer === payer && call.end !== undefined && call.end.state !== 'failed')
      .map((call) => ({ amountNano: call.end?.chargedNano ?? 0n }));
  }

  /** What comes in counts when it is on disk, what goes out counts at once. */
  #balanceOf(payer: Payer): bigint {
    const counts = ({ state, amountNano }: Move) =>
      state === 'on disk' || (state === 'on its way' && amountNano < 0n);
    const moved = this.#moves.filter((move) => move.payer === payer && counts(move));
    return (payer === 'time' ? QUOTA_NANO : START_NANO) + sum(moved) - sum(this.#ended(payer));
  }

  #heldOf(payer: Payer): bigint {
    const open = this.#calls.filter((call) => call.payer === payer && call.isOpen);
    return sum(open.map((call) => ({ amountNano: call.order.holdNano })));
  }

  #expect(found: unknown, wanted: unknown, what: string): void {
    if (found !== wanted) throw new Error(`${what}: ${found} instead of ${wanted}`);
  }
}

function tell(step: Step): string {
  return JSON.stringify(step, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

function follow(durable: Promise<unknown>, of: { state: State }): void {
  durable.then(
    () => {
      of.state = 'on disk';
    },
    () => {
      of.state = 'failed';
    },
  );
}

function sum(of: readonly { amountNano: bigint }[]): bigint {
  return of.reduce((total, { amountNano }) => total + amountNano, 0n);
}
