// `bun run bench [throughput|delay|gaps|memory|quick|peers]`: direct, a bare Bun proxy, Osiris and others side by side on loopback, as ratios.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Fleet, type Place } from './bench/fleet.ts';
import type { GapResult } from './bench/gaps.ts';
import type { LoadOrder, LoadResult } from './bench/load.ts';
import { PEERS, type Peer } from './bench/peers.ts';
import { cpuMicros, rssBytes } from './bench/process.ts';

/**
 * One part, or all when nothing is said; `quick` is all for small pass-through calls only. `peers` is apart: it installs
 * the other gateways first. With `TMPDIR` on a disk in memory nothing waits for a real one.
 */
const part = process.argv[2];
const QUICK = part === 'quick';
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 1);
/** Before it is measured, each place does what it will be measured at for so long: compiling it costs more than it. */
const WARM_SECONDS = Number(process.env.BENCH_WARM ?? 4);
const WARM_CONNECTIONS = 32;
const SMALL = QUICK || process.env.BENCH_SMALL === '1';
/** Another build, measured in the same rounds: what a change is worth shows only side by side. */
const BASE = process.env.BENCH_BASE;

type Format = 'chat' | 'responses' | 'messages';
const PATHS: Record<Format, string> = {
  chat: '/v1/chat/completions',
  responses: '/v1/responses',
  messages: '/v1/messages',
};
const FORMATS = Object.keys(PATHS) as Format[];
const SIZES = [2_000, 200_000];
const CONNECTIONS = QUICK ? [1, 32] : [1, 32, 256];

/** `bare` and `direct` get the same request as the Osiris target of the client's format. */
type Target = { name: string; client: Format; upstream: Format; via: string };
type Cell = { perSecond: number[]; p50: number[]; p99: number[]; cpu: number[]; failures: number };

const binary = join(import.meta.dir, '..', 'dist', 'osiris');
if (!existsSync(binary)) {
  console.error('dist/osiris is missing: run `bun run build` first.');
  process.exit(1);
}
let fleet: Fleet;
/** What the fleet has done before. */
const warm = new Set<string>();
const parts: [name: string, measurement: () => Promise<void>][] = [
  ['throughput', throughput],
  ['delay', delay],
  ['gaps', gaps],
  ['memory', memoryOfPassed],
  ['memory', memoryOfTranslated],
];
// with processes of their own: what a run of load leaves behind would hide the streams
for (const [name, measurement] of parts)
  if (part === undefined || QUICK || part === name) await beside(measurement);

if (part === 'peers') await beside(besidePeers, PEERS);

async function beside(measurement: () => Promise<void>, peers: readonly Peer[] = []): Promise<void> {
  fleet = await Fleet.start(binary, BASE ?? binary, peers);
  warm.clear();
  try {
    await measurement();
  } finally {
    await fleet.stop();
  }
}

async function throughput(): Promise<void> {
  for (const stream of [false, true])
    for (const size of SMALL ? [2_000] : SIZES)
      for (const connections of CONNECTIONS)
        await compare(targetsFor(connections), { stream, size, connections });
}

/** A provider that thinks for 50 ms, as fast ones do: here the gateway's own work hardly shows. */
async function delay(): Promise<void> {
  await compare(targetsFor(256), { stream: false, size: 2_000, connections: 256, mark: 'bench-delay' });
}

/** Other gateways: how soon they answer when they are started, what they need when idle, and how much they carry. */
async function besidePeers(): Promise<void> {
  console.log('\nstarted, before the first call');
  for (const name of ['osiris', ...PEERS.map((peer) => peer.name)]) {
    const { pid, readyMs } = placeOf(name);
    const ready = `ready after ${Math.round(readyMs)} ms`;
    console.log(`  ${name.padEnd(28)}${ready.padEnd(24)}${Math.round(rssBytes(pid) / 1024 / 1024)} MB`);
  }
  for (const stream of [false, true]) {
    const others = PEERS.filter((peer) => !stream || peer.streams).map(({ name }) => name);
    const chat = { client: 'chat', upstream: 'chat' } as const;
    const targets: Target[] = ['osiris', ...others].map((name) => ({ name, ...chat, via: name }));
    targets.unshift({ name: 'bare proxy', ...chat, via: 'bare' });
    for (const connections of [1, 32]) await compare(targets, { stream, size: 2_000, connections });
  }
}

/** Warms the targets up, then measures each in every round. */
async function compare(targets: Target[], setting: Setting): Promise<void> {
  const cells = new Map<string, Cell>(targets.map(({ name }) => [name, emptyCell()]));
  for (const target of targets) await warmUp(target, { ...setting, size: 2_000 });
  for (let round = 0; round < ROUNDS; round++)
    for (const target of shuffled(targets)) await measure(target, cells, setting);
  print(setting, cells);
}

/** How evenly the frames of ten streams arrive, one each 5 ms, while eight connections ask without a pause. */
async function gaps(): Promise<void> {
  console.log('\nframes every 5 ms on 10 streams beside 8 busy connections: gap in ms');
  const target: Target = { name: 'gaps', client: 'chat', upstream: 'chat', via: 'bare' };
  const names = ['bare', 'osiris', ...(BASE ? ['base' as const] : [])] as const;
  const seen = new Map<string, GapResult[]>(names.map((name) => [name, []]));
  for (const via of names)
    for (const stream of [false, true])
      await warmUp({ ...target, name: via, via }, { stream, size: 2_000, connections: 8 });
  for (let round = 0; round < ROUNDS; round++) {
    for (const via of shuffled([...names])) {
      const { port, key } = placeOf(via);
      const setting = { stream: false, size: 2_000, connections: 8 };
      const order = { port, path: PATHS.chat, key, body: requestBody(target, setting), connections: 8 };
      const body = requestBody(target, { stream: true, size: 2_000, connections: 10, mark: 'bench-paced' });
      const busy = load({ ...order, seconds: 1.5 });
      await Bun.sleep(300);
      seen.get(via)?.push(await runScript<GapResult>('gaps.ts', { ...order, body, streams: 10 }));
      await busy;
    }
  }
  for (const [name, results] of seen) {
    const of = (read: (result: GapResult) => number) => median(results.map(read)).toFixed(1);
    console.log(`  ${name.padEnd(12)} p50 ${of((one) => one.p50)}   p99 ${of((one) => one.p99)}`);
  }
}

function placeOf(name: string): Place {
  const place = fleet.places.get(name);
  if (!place) throw new Error(`nothing is started as ${name}`);
  return place;
}

/** Transcoding is compared at 32 connections; pass-through everywhere. */
function targetsFor(connections: number): Target[] {
  const targets: Target[] = [
    { name: 'direct', client: 'chat', upstream: 'chat', via: 'direct' },
    { name: 'bare proxy', client: 'chat', upstream: 'chat', via: 'bare' },
    { name: 'osiris chat', client: 'chat', upstream: 'chat', via: 'osiris' },
  ];
  if (BASE) targets.push({ name: 'base chat', client: 'chat', upstream: 'chat', via: 'base' });
  if (connections !== 32 || QUICK) return targets;
  for (const client of FORMATS) {
    for (const upstream of FORMATS) {
      if (client === 'chat' && upstream === 'chat') continue;
      const name = client === upstream ? `osiris ${client}` : `osiris ${client}→${upstream}`;
      targets.push({ name, client, upstream, via: 'osiris' });
    }
  }
  return targets;
}

/** `mark` is what the upstream does something special for. */
type Setting = { stream: boolean; size: number; connections: number; mark?: string };

/** Once for each target and kind of answer. */
async function warmUp(target: Target, setting: Setting): Promise<void> {
  const what = `${target.name} ${setting.stream}`;
  if (warm.has(what) || WARM_SECONDS === 0) return;
  warm.add(what);
  const connections = Math.max(WARM_CONNECTIONS, setting.connections);
  await load({ ...orderFor(target, setting), connections, seconds: WARM_SECONDS });
}

function orderFor(target: Target, setting: Setting): LoadOrder {
  const { port, key, headers } = placeOf(target.via);
  const body = requestBody(target, setting);
  const { connections } = setting;
  return { port, path: PATHS[target.client], key, headers, body, connections, seconds: SECONDS };
}

async function measure(target: Target, cells: Map<string, Cell>, setting: Setting): Promise<void> {
  const cell = cells.get(target.name);
  if (!cell) return;
  const { pid } = placeOf(target.via);
  const order = orderFor(target, setting);
  const before = cpuMicros(pid);
  const result = await load(order);
  const cpu = (cpuMicros(pid) - before) / Math.max(1, result.requests * loadShare(order));
  cell.perSecond.push(result.requests / result.seconds);
  cell.p50.push(result.p50);
  cell.p99.push(result.p99);
  cell.cpu.push(cpu);
  cell.failures += result.failures;
}

/** The load warms up for a quarter of its time (half a second at most) before it counts. */
function loadShare({ seconds }: LoadOrder): number {
  return (seconds + Math.min(0.5, seconds / 4)) / seconds;
}

function load(order: LoadOrder): Promise<LoadResult> {
  return runScript<LoadResult>('load.ts', order);
}

async function runScript<Result>(name: string, order: object): Promise<Result> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'bench', name)], {
    stdin: Buffer.from(JSON.stringify(order)),
    stdout: 'pipe',
    stderr: 'inherit',
  });
  return JSON.parse(await new Response(child.stdout).text()) as Result;
}

function requestBody({ client, upstream }: Target, { stream, size, mark = '' }: Setting): string {
  const model = `bench-${upstream}`;
  const text = mark + 'Lorem ipsum "dolor" sit amet.\n'.repeat(Math.ceil(size / 33)).slice(0, size - 120);
  const messages = [{ role: 'user', content: text }];
  if (client === 'responses') return JSON.stringify({ model, input: text, stream });
  if (client === 'messages') return JSON.stringify({ model, max_tokens: 1000, messages, stream });
  return JSON.stringify({
    model,
    messages,
    stream,
    stream_options: stream ? { include_usage: true } : undefined,
  });
}

function memoryOfPassed(): Promise<void> {
  const places = ['bare', 'osiris', ...(BASE ? ['base'] : [])];
  const chat = { client: 'chat', upstream: 'chat' } as const;
  return memoryPerStream(places.map((via) => ({ name: via, ...chat, via })));
}

function memoryOfTranslated(): Promise<void> {
  const across = { client: 'messages', upstream: 'chat' } as const;
  const places = ['osiris', ...(BASE ? ['base'] : [])];
  return memoryPerStream(places.map((via) => ({ name: `${via} messages→chat`, ...across, via })));
}

async function memoryPerStream(targets: Target[]): Promise<void> {
  const streams = 5_000;
  console.log(`\n${streams} open streams, 2 kB body: resident memory each`);
  for (const target of targets) {
    const { port, pid, key } = placeOf(target.via);
    const body = requestBody(target, {
      stream: true,
      size: 2_000,
      connections: streams,
      mark: 'bench-slow ',
    });
    await Bun.sleep(500);
    const before = rssBytes(pid);
    const begun = performance.now();
    // raw sockets: this process's own fetch would open 256 connections and wait with the rest
    const opening = Array.from({ length: streams }, () => openStream(port, PATHS[target.client], key, body));
    const sockets = await Promise.all(opening);
    await Promise.all(sockets.map((socket) => socket.data.begun.promise));
    const slowest = performance.now() - begun;
    await Bun.sleep(1_000);
    const each = (rssBytes(pid) - before) / streams / 1024;
    console.log(
      `  ${target.name.padEnd(24)} ${each.toFixed(1)} kB   all started within ${Math.round(slowest)} ms`,
    );
    for (const socket of sockets) socket.terminate();
    await Bun.sleep(500);
  }
}

type Opened = { begun: PromiseWithResolvers<void> };

function openStream(port: number, path: string, key: string, body: string): Promise<Bun.Socket<Opened>> {
  return Bun.connect<Opened>({
    hostname: '127.0.0.1',
    port,
    data: { begun: Promise.withResolvers<void>() },
    socket: {
      open(socket) {
        const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\ncontent-length: ${body.length}\r\n\r\n`;
        socket.write(head + body);
      },
      data(socket, bytes) {
        if (bytes.includes('data: ')) socket.data.begun.resolve();
      },
    },
  });
}

function print({ stream, size, connections, mark }: Setting, cells: Map<string, Cell>): void {
  const bare = cells.get('bare proxy') ?? emptyCell();
  const kind = stream ? '200-frame stream' : 'plain';
  const late = mark === 'bench-delay' ? ', answered after 50 ms' : '';
  console.log(`\n${kind}, ${size / 1000} kB body${late}, ${connections} connections`);
  const unit = stream ? 'CPU µs/frame' : 'CPU µs/call';
  console.log(
    `  ${'target'.padEnd(28)}${'calls/s'.padStart(9)}${'of bare'.padStart(20)}${'added p50 µs'.padStart(14)}${'p99 µs'.padStart(10)}${unit.padStart(14)}`,
  );
  for (const [name, cell] of cells) {
    const ratios = cell.perSecond.map((value, i) => value / (bare.perSecond[i] ?? value));
    const ratio = `${median(ratios).toFixed(2)} [${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}]`;
    const added = median(cell.p50) - median(bare.p50);
    const cpu = median(cell.cpu) / (stream ? 200 : 1);
    const failed = cell.failures > 0 ? `  ${cell.failures} FAILED` : '';
    console.log(
      `  ${name.padEnd(28)}${median(cell.perSecond).toFixed(0).padStart(9)}${ratio.padStart(20)}${added.toFixed(0).padStart(14)}${median(cell.p99).toFixed(0).padStart(10)}${cpu.toFixed(stream ? 2 : 1).padStart(14)}${failed}`,
    );
  }
}

function emptyCell(): Cell {
  return { perSecond: [], p50: [], p99: [], cpu: [], failures: 0 };
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function shuffled<T>(items: T[]): T[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
