// Every fault under load through the compiled binary: what clients saw, how often was asked, what was charged.

import { FAULTS, type Faulty, openFaulty } from '../support/faulty.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { callMany, callModel, callPaced, quantile, type Reply } from './client.ts';
import { type Provider, startProvider, USED, WHOLE } from './provider.ts';

export type Row = {
  fault: string;
  calls: number;
  /** Calls that failed although somebody else could have answered. */
  failed: number;
  /** Attempts a call, of all, and of the later half, when the breaker is open. */
  attempts: number;
  attemptsLater: number;
  addedP99Ms: number;
  /** Until the healed provider answered again; nothing when that was not tried. */
  backMs?: number;
  /** What clients see when nobody else has the model. */
  alone: string;
  problems: string[];
};

/** `only`: faults whose name has these words in it, when there are any. */
export type Orders = { calls: number; outageSeconds: number; only: string; report(line: string): void };

const COOLDOWN_S = 1;
const CONNECT_TIMEOUT_S = 2;
const AT_ONCE = 16;
const ALONE_CALLS = 20;
const OUTAGE_PER_SECOND = 200;
const ATTEMPTS_MAX = 1.1;
/** USD a million tokens. */
const PRICE = { input: 100, output: 200 };
const NANO_EACH = BigInt(USED.input * PRICE.input * 1000 + USED.output * PRICE.output * 1000);
const POOL_KEYS = ['pool-key-one', 'pool-key-two', 'pool-key-three'];
const BAD_KEY = 'pool-key-two';

/** Statuses that a client may see when nobody else has the model; 502 for all others. */
const ALONE: Record<string, readonly number[]> = {
  'slow headers': [504],
  'a stall after the headers': [504],
  // a resolver may take longer than the first byte may
  'a name that does not resolve': [502, 504],
  '429 with Retry-After': [429],
  '429 without Retry-After': [429],
  529: [503, 529],
};
/** After so many seconds a provider is asked again that failed in this way; after one cooldown for all others. */
const WINDOW_S: Record<string, number> = { 401: 10 * COOLDOWN_S, '429 with Retry-After': 20 };

/** `ill` and `lone` fail in the same way; only the first has somebody beside it. */
type Pair = { fault: string; id: string; ill: Faulty; lone: Faulty };
type Stage = { gateway: Gateway; pool: Provider; down: Provider; baseP99Ms: number };

/** Runs all of it; the rows in the order of the faults. */
export async function runFaults({ calls, outageSeconds, only, report }: Orders): Promise<Row[]> {
  const [sound, pool, down] = [startProvider(), startProvider(), startProvider()];
  const pairs = await Promise.all(
    FAULTS.filter((fault) => fault.includes(only)).map(
      async (fault): Promise<Pair> => ({
        fault,
        id: fault.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
        ill: await openFaulty(fault),
        lone: await openFaulty(fault),
      }),
    ),
  );
  const gateway = await startGateway({
    upstreams: [],
    credit: 1000,
    server: {
      connect_timeout: `${CONNECT_TIMEOUT_S}s`,
      first_byte_timeout: '1s',
      stream_idle_timeout: '1s',
      request_timeout: '10s',
    },
    sections: sectionsOf(pairs, { sound, pool, down }),
  });
  try {
    const ask = (n: number) => callModel(gateway.url, gateway.key, 'sound', n);
    await callMany(200, AT_ONCE, ask);
    const baseP99Ms = quantile(
      (await callMany(calls, AT_ONCE, ask)).map(({ ms }) => ms),
      0.99,
    );
    const stage: Stage = { gateway, pool, down, baseP99Ms };
    const rows: Row[] = [];
    const add = (row: Row) => {
      rows.push(row);
      report(lineOf(row));
    };
    for (const pair of pairs) add(await runFault(stage, pair, calls));
    if ('hangs'.includes(only)) add(await runHang(stage, calls));
    if (only !== '') return rows;
    add(await runPool(stage, calls));
    add(await runOutage(stage, outageSeconds));
    return rows;
  } finally {
    await gateway.stop();
    for (const { ill, lone } of pairs) for (const faulty of [ill, lone]) faulty.stop();
    for (const provider of [sound, pool, down]) provider.stop();
  }
}

function sectionsOf(
  pairs: readonly Pair[],
  sound: Record<'sound' | 'pool' | 'down', Provider>,
): Record<string, unknown> {
  const provider = ({ baseUrl }: { baseUrl: string }) => ({
    base_url: baseUrl,
    format: 'openai-chat',
    api_key: 'the-provider-key',
  });
  const model = (...names: string[]) => ({
    price: PRICE,
    deployments: names.map((name) => ({ provider: name, model: 'vendor' })),
  });
  const { api_key: _, ...pool } = provider(sound.pool);
  const providers: Record<string, unknown> = {
    sound: provider(sound.sound),
    down: provider(sound.down),
    pool: { ...pool, api_keys: POOL_KEYS },
  };
  const models: Record<string, unknown> = {
    sound: model('sound'),
    pool: model('pool'),
    outage: model('down', 'sound'),
  };
  for (const { id, ill, lone } of pairs) {
    providers[`ill-${id}`] = provider(ill);
    providers[`lone-${id}`] = provider(lone);
    models[`ill-${id}`] = model(`ill-${id}`, 'sound');
    models[`lone-${id}`] = model(`lone-${id}`);
  }
  return {
    providers,
    models,
    billing: { minimum_charge: 0 },
    routing: { retries: 2, cooldown: `${COOLDOWN_S}s` },
  };
}

async function runFault(stage: Stage, pair: Pair, calls: number): Promise<Row> {
  const { gateway } = stage;
  const { fault, ill } = pair;
  const id = `ill-${pair.id}`;
  const before = await balanceNano(gateway);
  const replies = await callMany(calls, AT_ONCE, (n) => callModel(gateway.url, gateway.key, id, n));
  const charged = before - (await balanceNano(gateway));
  const row = rowOf(fault, replies, stage);
  const good = replies.filter(({ isGood }) => isGood).length;
  if (charged !== NANO_EACH * BigInt(good))
    row.problems.push(`charged ${charged} nanodollars for ${good} answers of ${NANO_EACH}`);
  await runAlone(stage, pair, row);
  if (ill.heal) {
    ill.heal(WHOLE);
    await timeReturn(gateway, row, id, id, WINDOW_S[fault] ?? COOLDOWN_S);
  }
  return row;
}

/** Nobody else has the model: the error must be the right one, and cost nothing. */
async function runAlone({ gateway }: Stage, { fault, id }: Pair, row: Row): Promise<void> {
  const before = await balanceNano(gateway);
  const replies = await callMany(ALONE_CALLS, 4, (n) => callModel(gateway.url, gateway.key, `lone-${id}`, n));
  const spent = before - (await balanceNano(gateway));
  row.alone = [...new Set(replies.map(({ status }) => status))].toSorted().join(' ');
  const wrong = replies.find(({ status }) => !(ALONE[fault] ?? [502]).includes(status));
  if (wrong) row.problems.push(`alone: ${wrong.status} ${shortened(wrong)}`);
  if (spent !== 0n) row.problems.push(`alone: charged ${spent} nanodollars for nothing`);
}

/** One of three keys is refused: nobody may notice, and it may not be tried again and again. */
async function runPool(stage: Stage, calls: number): Promise<Row> {
  const { gateway, pool } = stage;
  pool.badKeys.add(BAD_KEY);
  const replies = await callMany(calls, AT_ONCE, (n) => callModel(gateway.url, gateway.key, 'pool', n));
  return rowOf('one bad key of three', replies, stage);
}

/** One of two providers, which answered well before, takes calls and says nothing; no stream tells that it does. */
async function runHang(stage: Stage, calls: number): Promise<Row> {
  const { gateway, down } = stage;
  const ask = (n: number) => callModel(gateway.url, gateway.key, 'outage', n, false);
  await callMany(200, AT_ONCE, ask);
  down.hangs = true;
  const row = rowOf('hangs after good answers, all plain', await callMany(calls, AT_ONCE, ask), stage);
  down.hangs = false;
  await timeReturn(gateway, row, 'outage', 'down', COOLDOWN_S);
  return row;
}

/** One of two providers is down under a steady load, then comes back. */
async function runOutage(stage: Stage, seconds: number): Promise<Row> {
  const { gateway, down } = stage;
  const ask = (n: number) => callModel(gateway.url, gateway.key, 'outage', n);
  await callPaced(OUTAGE_PER_SECOND, 1, ask);
  down.isDown = true;
  const replies = await callPaced(OUTAGE_PER_SECOND, seconds, ask);
  const row = rowOf(`down for ${seconds} s at ${OUTAGE_PER_SECOND} a second`, replies, stage);
  down.isDown = false;
  await timeReturn(gateway, row, 'outage', 'down', COOLDOWN_S);
  return row;
}

function rowOf(fault: string, replies: Reply[], { baseP99Ms }: Stage): Row {
  const failures = replies.filter(({ isGood }) => !isGood);
  const later = replies.slice(Math.floor(replies.length / 2));
  const row: Row = {
    fault,
    calls: replies.length,
    failed: failures.length,
    attempts: mean(replies.map(({ attempts }) => attempts)),
    attemptsLater: mean(later.map(({ attempts }) => attempts)),
    addedP99Ms:
      quantile(
        replies.map(({ ms }) => ms),
        0.99,
      ) - baseP99Ms,
    alone: '',
    problems: [],
  };
  const [first] = failures;
  if (first) row.problems.push(`failed: ${first.status} ${shortened(first)}`);
  if (row.attemptsLater > ATTEMPTS_MAX)
    row.problems.push(`${row.attemptsLater.toFixed(2)} attempts a call with the breaker open`);
  if (row.addedP99Ms > CONNECT_TIMEOUT_S * 1000)
    row.problems.push(`p99 is ${Math.round(row.addedP99Ms)} ms longer`);
  return row;
}

/** Waits until the healed provider answers again, which must be within twice its window. */
async function timeReturn(
  gateway: Gateway,
  row: Row,
  model: string,
  provider: string,
  windowS: number,
): Promise<void> {
  const begun = performance.now();
  const elapsed = () => performance.now() - begun;
  for (let isBack = false; !isBack && elapsed() <= 2000 * windowS; ) {
    // plain calls only: that is what a healed provider answers
    const reply = await callModel(gateway.url, gateway.key, model, 1);
    isBack = reply.provider === provider;
    if (isBack) row.backMs = elapsed();
    else await Bun.sleep(20);
  }
  if (row.backMs === undefined) row.problems.push(`not back within ${2 * windowS} s`);
}

async function balanceNano({ url, key }: Gateway): Promise<bigint> {
  const response = await fetch(`${url}/v1/key`, { headers: { authorization: `Bearer ${key}` } });
  const { balance_usd: usd } = (await response.json()) as { balance_usd: number | string };
  const [whole = '0', part = ''] = String(usd).split('.');
  return BigInt(whole) * 1_000_000_000n + BigInt(part.padEnd(9, '0').slice(0, 9));
}

function shortened({ text }: Reply): string {
  return text.replaceAll('\n', ' ').slice(0, 120);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function lineOf(row: Row): string {
  const { fault, calls, failed, attempts, attemptsLater, addedP99Ms, backMs, alone, problems } = row;
  const cells = [
    fault.padEnd(34),
    String(calls).padStart(7),
    String(failed).padStart(7),
    attempts.toFixed(2).padStart(9),
    attemptsLater.toFixed(2).padStart(7),
    addedP99Ms.toFixed(0).padStart(9),
    (backMs === undefined ? '–' : (backMs / 1000).toFixed(1)).padStart(7),
    ` ${alone}`.padEnd(12),
  ];
  return cells.join('') + problems.map((problem) => `\n    ${problem}`).join('');
}

export const TABLE_HEAD = `${'fault'.padEnd(34)}${'calls'.padStart(7)}${'failed'.padStart(7)}${'attempts'.padStart(9)}${'later'.padStart(7)}${'p99+ ms'.padStart(9)}${'back s'.padStart(7)} alone`;
