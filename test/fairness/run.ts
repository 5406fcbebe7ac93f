// `bun run fairness [seconds]`: three keys through the binary, one of which floods: how long the calls of the others wait.

import { makeKey } from '../support/asking.ts';
import { startGateway } from '../support/gateway.ts';

const SECONDS_DEFAULT = 8;
/** Two keys with so many clients each keep all places busy by themselves; the flood is another key's. */
const CLIENTS = 20;
const FLOOD_CLIENTS = 150;
const PLACES = 4;
const SERVICE_MS = 20;
const ROUNDS = 2;
/** What waits may grow to beside a flood. */
const FACTOR_MAX = 2;

const [seconds = SECONDS_DEFAULT] = process.argv.slice(2).map(Number);
if (!(seconds >= 1)) {
  console.error('usage: bun run fairness [seconds of each of four parts]');
  process.exit(2);
}

/** When the upstream was asked, by the text of the call. */
const arrivals = new Map<string, number>();
const upstream = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  idleTimeout: 0,
  async fetch(request) {
    const arrivedMs = performance.now();
    const { messages } = (await request.json()) as { messages: { content: string }[] };
    arrivals.set(messages[0]?.content ?? '', arrivedMs);
    await Bun.sleep(SERVICE_MS);
    return Response.json({
      ...{ id: 'c', object: 'chat.completion', created: 1, model: 'm' },
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    });
  },
});
const gateway = await startGateway({
  upstreams: [
    {
      ...{ provider: 'up', format: 'openai-chat', apiKey: 'made-up', model: 'm', upstreamModel: 'm' },
      baseUrl: `http://127.0.0.1:${upstream.port}/v1`,
    },
  ],
  server: { max_in_flight: PLACES },
});
const flags = ['--rpm', '10000000', '--concurrency', '10000'];
const keys = { a: await makeKey(gateway, ...flags), b: await makeKey(gateway, ...flags) };
const flood = await makeKey(gateway, ...flags);

type Waits = { waitsMs: number[]; failed: number };
let calls = 0;

/** One client that sends its next call when it has its answer. */
async function client(key: string, untilMs: number, into: Waits): Promise<void> {
  while (performance.now() < untilMs) {
    calls += 1;
    const text = `call ${calls}`;
    const sentMs = performance.now();
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: text }] }),
    });
    await response.text();
    const arrivedMs = arrivals.get(text);
    arrivals.delete(text);
    if (response.ok && arrivedMs !== undefined) into.waitsMs.push(arrivedMs - sentMs);
    else into.failed += 1;
  }
}

async function part(withFlood: boolean, into: { a: Waits; b: Waits; flood: Waits }): Promise<void> {
  const untilMs = performance.now() + seconds * 1000;
  const many = (count: number, key: string, waits: Waits) =>
    Array.from({ length: count }, () => client(key, untilMs, waits));
  await Promise.all([
    ...many(CLIENTS, keys.a.key, into.a),
    ...many(CLIENTS, keys.b.key, into.b),
    ...(withFlood ? many(FLOOD_CLIENTS, flood.key, into.flood) : []),
  ]);
}

function percentile(waitsMs: readonly number[], part: number): number {
  const sorted = waitsMs.toSorted((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN;
}

const none = (): Waits => ({ waitsMs: [], failed: 0 });
const alone = { a: none(), b: none(), flood: none() };
const beside = { a: none(), b: none(), flood: none() };
// in turn, so that whatever else the machine does falls on both
for (let round = 0; round < ROUNDS; round++) {
  await part(false, alone);
  await part(true, beside);
}
await gateway.stop();
await upstream.stop(true);

const row = (cells: (string | number)[]) => `| ${cells.join(' | ')} |`;
console.log(
  row(['key', 'calls alone', 'p50 wait', 'p99 wait', 'calls beside the flood', 'p50', 'p99', 'p99 grows by']),
);
console.log(row(Array.from({ length: 8 }, () => '---')));
const ms = (value: number) => `${value.toFixed(0)} ms`;
let worst = 0;
for (const name of ['a', 'b'] as const) {
  const [before, after] = [alone[name], beside[name]];
  const factor = percentile(after.waitsMs, 0.99) / percentile(before.waitsMs, 0.99);
  worst = Math.max(worst, factor);
  console.log(
    row([
      ...[
        name,
        before.waitsMs.length,
        ms(percentile(before.waitsMs, 0.5)),
        ms(percentile(before.waitsMs, 0.99)),
      ],
      ...[after.waitsMs.length, ms(percentile(after.waitsMs, 0.5)), ms(percentile(after.waitsMs, 0.99))],
      `${factor.toFixed(2)}`,
    ]),
  );
}
const { waitsMs } = beside.flood;
console.log(
  row([
    ...['flood', '–', '–', '–', waitsMs.length],
    ...[ms(percentile(waitsMs, 0.5)), ms(percentile(waitsMs, 0.99)), '–'],
  ]),
);
const failed = [alone, beside].flatMap(Object.values).reduce((sum, each: Waits) => sum + each.failed, 0);
console.log(
  `\n${calls} calls, ${failed} failed; waits of the others grow to ${worst.toFixed(2)} of what they were`,
);
process.exit(worst <= FACTOR_MAX && failed === 0 ? 0 : 1);
