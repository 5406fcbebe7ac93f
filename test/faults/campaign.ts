// Every fault under load through the compiled binary: what clients saw, how often was asked, what was charged.

import { newAuthority } from '../support/certificates.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { callMany, callModel, callPaced, quantile, type Reply } from './client.ts';
import { FAULTS, type Fault } from './faults.ts';
import { type Provider, startProvider, USED } from './provider.ts';

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

export type Orders = { calls: number; outageSeconds: number; report(line: string): void };

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

type Stage = { gateway: Gateway; failing: Provider; sound: Provider; baseP99Ms: number };

/** Runs all of it; the rows in the order of the faults. */
export async function runFaults({ calls, outageSeconds, report }: Orders): Promise<Row[]> {
  const failing = await startProvider();
  const sound = await startProvider();
  const certificate = newAuthority().issue();
  const untrusted = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    tls: { cert: certificate.pem, key: certificate.keyPem },
    fetch: () => new Response('never'),
  });
  const gateway = await startGateway({
    upstreams: [],
    credit: 1000,
    server: {
      connect_timeout: `${CONNECT_TIMEOUT_S}s`,
      first_byte_timeout: '1s',
      stream_idle_timeout: '1s',
      request_timeout: '10s',
    },
    sections: sectionsOf(failing.port, sound.port, untrusted.port ?? 0),
  });
  try {
    const ask = (n: number) => callModel(gateway.url, gateway.key, 'sound', n);
    await callMany(200, AT_ONCE, ask);
    const baseP99Ms = quantile(
      (await callMany(calls, AT_ONCE, ask)).map(({ ms }) => ms),
      0.99,
    );
    const stage = { gateway, failing, sound, baseP99Ms };
    const rows: Row[] = [];
    for (const fault of FAULTS) {
      rows.push(await runFault(stage, fault, calls));
      report(lineOf(rows.at(-1)));
    }
    rows.push(await runPool(stage, calls));
    report(lineOf(rows.at(-1)));
    rows.push(await runOutage(stage, outageSeconds));
    report(lineOf(rows.at(-1)));
    return rows;
  } finally {
    await gateway.stop();
    failing.stop();
    sound.stop();
    untrusted.stop(true);
  }
}

function idOf({ name }: Pick<Fault, 'name'>): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

function sectionsOf(failing: number, sound: number, untrusted: number): Record<string, unknown> {
  const providers: Record<string, unknown> = {};
  const models: Record<string, unknown> = {};
  const base = (port: number, name: string) => `http://127.0.0.1:${port}/${name}/v1`;
  const provider = (base_url: string) => ({ base_url, format: 'openai-chat', api_key: 'the-provider-key' });
  const model = (...names: string[]) => ({
    price: PRICE,
    deployments: names.map((name) => ({ provider: name, model: 'vendor' })),
  });
  providers.sound = provider(base(sound, 'sound'));
  models.sound = model('sound');
  for (const fault of FAULTS) {
    const id = idOf(fault);
    for (const [suffix, others] of [
      ['', ['sound']],
      ['-alone', []],
    ] as const) {
      const name = `${id}${suffix}`;
      providers[name] = provider(addressOf(fault, name, { failing, untrusted }) ?? base(failing, name));
      models[name] = model(name, ...others);
    }
  }
  providers.pool = { base_url: base(failing, 'pool'), format: 'openai-chat', api_keys: POOL_KEYS };
  models.pool = model('pool');
  providers.down = provider(base(failing, 'down'));
  models.outage = model('down', 'sound');
  return {
    providers,
    models,
    billing: { minimum_charge: 0 },
    routing: { retries: 2, cooldown: `${COOLDOWN_S}s` },
  };
}

/** Where nobody can be reached at all. */
function addressOf(
  { acts }: Fault,
  name: string,
  ports: { failing: number; untrusted: number },
): string | undefined {
  switch (acts.kind) {
    case 'refused':
      return 'http://127.0.0.1:1/v1';
    case 'dns':
      return `http://${name}.invalid/v1`;
    case 'tls':
      return `https://127.0.0.1:${ports.untrusted}/v1`;
    default:
      return undefined;
  }
}

async function runFault(stage: Stage, fault: Fault, calls: number): Promise<Row> {
  const { gateway, failing } = stage;
  const id = idOf(fault);
  const alone = `${id}-alone`;
  failing.acts.set(id, fault.acts);
  failing.acts.set(alone, fault.acts);
  const before = await balanceNano(gateway);
  const replies = await callMany(calls, AT_ONCE, (n) => callModel(gateway.url, gateway.key, id, n));
  const charged = before - (await balanceNano(gateway));
  const row = rowOf(fault.name, replies, stage);
  const good = replies.filter(({ isGood }) => isGood).length;
  if (charged !== NANO_EACH * BigInt(good))
    row.problems.push(`charged ${charged} nanodollars for ${good} answers of ${NANO_EACH}`);
  await runAlone(stage, fault, row);
  if (fault.window !== undefined) {
    failing.acts.set(id, { kind: 'well' });
    const windowMs = fault.window * COOLDOWN_S * 1000;
    row.backMs = await timeUntil(gateway, id, id, 2 * windowMs);
    if (row.backMs > 2 * windowMs) row.problems.push(`not back within ${(2 * windowMs) / 1000} s`);
  }
  return row;
}

/** Nobody else has the model: the error must be the right one, and cost nothing. */
async function runAlone({ gateway }: Stage, fault: Fault, row: Row): Promise<void> {
  const model = `${idOf(fault)}-alone`;
  const before = await balanceNano(gateway);
  const replies = await callMany(ALONE_CALLS, 4, (n) => callModel(gateway.url, gateway.key, model, n));
  const spent = before - (await balanceNano(gateway));
  const seen = new Set(replies.map(({ status }) => status));
  row.alone = [...seen].toSorted().join(' ');
  const wrong = replies.find(({ status, isGood, text }) => !isFitting({ status, isGood, text }, fault));
  if (wrong) row.problems.push(`alone: ${wrong.status} ${wrong.text.replaceAll('\n', ' ').slice(0, 120)}`);
  if (spent !== 0n) row.problems.push(`alone: charged ${spent} nanodollars for nothing`);
}

/** A stream that is under way has its status already: its error is an event. */
function isFitting(
  { status, isGood, text }: Pick<Reply, 'status' | 'isGood' | 'text'>,
  fault: Fault,
): boolean {
  if (isGood) return false;
  if (fault.alone.includes(status)) return true;
  return status === 200 && /event: error|"error":/.test(text);
}

/** One of three keys is refused: nobody may notice, and it may not be tried again and again. */
async function runPool(stage: Stage, calls: number): Promise<Row> {
  const { gateway, failing } = stage;
  failing.badKeys.add(BAD_KEY);
  const replies = await callMany(calls, AT_ONCE, (n) => callModel(gateway.url, gateway.key, 'pool', n));
  failing.badKeys.clear();
  return rowOf('one bad key of three', replies, stage);
}

/** One of two providers is down under a steady load, then comes back. */
async function runOutage(stage: Stage, seconds: number): Promise<Row> {
  const { gateway, failing } = stage;
  const ask = (n: number) => callModel(gateway.url, gateway.key, 'outage', n);
  await callPaced(OUTAGE_PER_SECOND, 1, ask);
  failing.acts.set('down', { kind: 'status', status: 503, body: '{"error":{"message":"down"}}' });
  const replies = await callPaced(OUTAGE_PER_SECOND, seconds, ask);
  const row = rowOf(`down for ${seconds} s at ${OUTAGE_PER_SECOND} a second`, replies, stage);
  failing.acts.delete('down');
  const windowMs = COOLDOWN_S * 1000;
  row.backMs = await timeUntil(gateway, 'outage', 'down', 2 * windowMs);
  if (row.backMs > 2 * windowMs) row.problems.push(`not back within ${(2 * windowMs) / 1000} s`);
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
  if (first) row.problems.push(`failed: ${first.status} ${first.text.replaceAll('\n', ' ').slice(0, 120)}`);
  if (row.attemptsLater > ATTEMPTS_MAX)
    row.problems.push(`${row.attemptsLater.toFixed(2)} attempts a call with the breaker open`);
  if (row.addedP99Ms > CONNECT_TIMEOUT_S * 1000)
    row.problems.push(`p99 is ${Math.round(row.addedP99Ms)} ms longer`);
  return row;
}

/** Milliseconds until that provider answers; more than `limitMs` when it does not. */
async function timeUntil(
  gateway: Gateway,
  model: string,
  provider: string,
  limitMs: number,
): Promise<number> {
  const begun = performance.now();
  for (let n = 0; performance.now() - begun <= limitMs + 500; n++) {
    const reply = await callModel(gateway.url, gateway.key, model, n);
    if (reply.provider === provider) return performance.now() - begun;
    await Bun.sleep(20);
  }
  return performance.now() - begun;
}

async function balanceNano({ url, key }: Gateway): Promise<bigint> {
  const response = await fetch(`${url}/v1/key`, { headers: { authorization: `Bearer ${key}` } });
  const { balance_usd: usd } = (await response.json()) as { balance_usd: number | string };
  const [whole = '0', part = ''] = String(usd).split('.');
  return BigInt(whole) * 1_000_000_000n + BigInt(part.padEnd(9, '0').slice(0, 9));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

export function lineOf(row: Row | undefined): string {
  if (!row) return '';
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
