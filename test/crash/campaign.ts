// The crash run: load, kill, start again, judge; many times over on one database.

import { wasInCheckpoint } from './checkpoint.ts';
import { type ClientKey, Load } from './load.ts';
import { noTally, Oracle, shownViolations, type Tally } from './oracle.ts';
import { drawer } from './plan.ts';
import { crashProgram, type Program } from './program.ts';
import { noRecords, type Records } from './records.ts';
import { startCrashUpstream } from './upstream.ts';

export type KillKind =
  | 'random moment'
  | 'after-hold'
  | 'after-first-frame'
  | 'after-charge-row'
  | 'after-commit'
  | 'before-last-frame'
  | 'in-checkpoint';

/** How often a process passes by before it is struck there: from, and how many more at most. */
const PASSES: Record<Exclude<KillKind, 'random moment'>, [from: number, more: number]> = {
  'after-hold': [1, 250],
  'after-first-frame': [1, 1_500],
  'after-charge-row': [1, 150],
  'after-commit': [1, 150],
  'before-last-frame': [1, 150],
  'in-checkpoint': [1, 1],
};
export const FAILPOINTS = Object.keys(PASSES) as (keyof typeof PASSES)[];

const KEYS = 10;
/** A failpoint that has not struck by then never will. */
const STRIKES_WITHIN_MS = 45_000;
const RANDOM_FROM_MS = 150;
const RANDOM_MORE_MS = 2_000;
/** The killer comes from outside, so now and then the checkpoint is over before it is there. */
const CHECKPOINT_MISSES_MAX = 3;
/** Deliveries reach the disk two ticks of a quarter of a second later. */
const SETTLED_AFTER_MS = 1_000;

export type CampaignOptions = {
  argv: string[];
  directory: string;
  /** How often the program is killed at each failpoint, and how often at a random moment. */
  perFailpoint: number;
  random: number;
  workers: number;
  seed: number;
  /** Failpoints strike after so many times fewer passes. */
  haste?: number;
  /** Told after each kill. */
  report?: (line: string) => void;
};

export type CampaignResult = {
  kills: Map<KillKind, number>;
  /** Strikes that came when the checkpoint was over; they are kills at one more random moment. */
  checkpointMisses: number;
  tally: Tally;
  violations: string[];
  records: Records;
  database: string;
};

/** Throws when the program does not start, ends by itself, or a failpoint never strikes. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { argv, directory, workers, report = () => {} } = options;
  const records = noRecords();
  const upstream = startCrashUpstream(records.upstream, KEYS);
  const program = await crashProgram(argv, directory, upstream.origin);
  const draw = drawer(options.seed);
  const result: CampaignResult = {
    kills: new Map(),
    checkpointMisses: 0,
    tally: noTally(),
    violations: [],
    records,
    database: program.database,
  };
  try {
    await program.start();
    const load = new Load(program.url, await createKeys(program), records.client);
    await program.kill();
    const oracle = new Oracle(program.database, records);
    const judge = (when: string, restarted: boolean) => {
      const { tally, violations } = oracle.judge({ restarted });
      result.tally = tally;
      result.violations.push(...violations.map((violation) => `${when}: ${violation}`));
    };
    const orders = killOrders(options, draw);
    for (let number = 1; orders.length > 0; number++) {
      const order = orders.shift() as KillOrder;
      await program.start(order.failpoint);
      load.open(workers);
      if (order.failpoint === undefined) {
        await Bun.sleep(RANDOM_FROM_MS + draw(RANDOM_MORE_MS));
        await program.kill();
      } else if (!(await program.diedWithin(STRIKES_WITHIN_MS))) {
        throw new Error(`${order.failpoint} did not strike within ${STRIKES_WITHIN_MS / 1000} s`);
      }
      await load.close();
      if (order.kind === 'in-checkpoint' && !wasInCheckpoint(program.database)) {
        result.checkpointMisses += 1;
        if (result.checkpointMisses > CHECKPOINT_MISSES_MAX * Math.max(1, options.perFailpoint))
          throw new Error('in-checkpoint does not strike while a checkpoint runs');
        orders.push(order);
      } else result.kills.set(order.kind, (result.kills.get(order.kind) ?? 0) + 1);
      await program.start();
      judge(`after kill ${number} (${order.failpoint ?? order.kind})`, true);
      await program.kill();
      report(lineOf(number, order, result));
      if (result.violations.length > 0) throw new Error(shownViolations(result.violations));
    }
    await program.start();
    load.open(workers);
    await Bun.sleep(RANDOM_MORE_MS);
    await load.close();
    await Bun.sleep(SETTLED_AFTER_MS);
    judge('in calm', true);
    await program.stop();
    judge('at the end', true);
    return result;
  } finally {
    await program.kill();
    await upstream.stop();
  }
}

type KillOrder = { kind: KillKind; failpoint: string | undefined };

/** All kills, in an order of chance. */
function killOrders(
  { perFailpoint, random, haste = 1 }: CampaignOptions,
  draw: (below: number) => number,
): KillOrder[] {
  const orders: KillOrder[] = Array.from({ length: random }, () => ({
    kind: 'random moment',
    failpoint: undefined,
  }));
  for (const kind of FAILPOINTS)
    for (let count = 0; count < perFailpoint; count++) {
      const [from, more] = PASSES[kind];
      orders.push({ kind, failpoint: `${kind}:${from + draw(Math.ceil(more / haste))}` });
    }
  return orders
    .map((order) => ({ order, place: draw(1_000_000) }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ order }) => order);
}

/** Credit keys, one of an account, one with a budget, one that has paid for its time. */
async function createKeys(program: Program): Promise<ClientKey[]> {
  const credit = ['--kind', 'credit', '--credit', '1000000.000000001'];
  const flags = [
    ['--kind', 'time', '--days', '30'],
    [...credit, '--account', 'ana@example.com'],
    [...credit, '--budget', '1000000/day'],
  ];
  while (flags.length < KEYS) flags.push(credit);
  const keys: ClientKey[] = [];
  for (const [index, each] of flags.entries())
    keys.push(await program.createKey(['--name', `crash ${index}`, ...each]));
  return keys;
}

function lineOf(number: number, order: KillOrder, { tally, checkpointMisses }: CampaignResult): string {
  const { calls, complete, charged, unknown, undelivered, released } = tally;
  const missed = checkpointMisses > 0 ? `, ${checkpointMisses} missed` : '';
  return `${number} ${order.failpoint ?? order.kind}: ${calls} calls, ${complete} complete, ${charged} charged, ${unknown} unknown, ${undelivered} undelivered, ${released} released${missed}`;
}
