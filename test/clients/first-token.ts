// Time to the first token as agents see it: asked directly and through the gateway, in turns, on loopback.

import { writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Turn } from '../support/script.ts';
import type { Agent } from './agent.ts';
import { AGENTS } from './agents.ts';
import { type RunDirectory, runDirectory } from './headless.ts';
import { install } from './install.ts';
import { isAside, onStage } from './stage.ts';

const MEASURED = ['claude-code', 'codex', 'opencode'];
const SAMPLES = 20;
/** Of one run of the agent, each with a first token of its own. */
const TURNS = 10;
const LIMIT_MS = 5;
/** The first piece of every answer, as the scripted provider cuts them. */
const MARK = 'First tokens';

const { values } = parseArgs({ options: { client: { type: 'string', multiple: true } } });

const rows: Record<string, string | number>[] = [];
let isFast = true;
for (const agent of AGENTS.filter(({ id }) => (values.client ?? MEASURED).includes(id))) {
  const { direct, through } = await measure(agent, await install(agent));
  const added = median(through) - median(direct);
  isFast &&= added <= LIMIT_MS && through.length >= SAMPLES && direct.length >= SAMPLES;
  rows.push({
    client: agent.name,
    samples: Math.min(direct.length, through.length),
    'direct ms': median(direct).toFixed(2),
    'through ms': median(through).toFixed(2),
    'added ms': added.toFixed(2),
  });
}
console.table(rows);
process.exit(isFast ? 0 : 1);

/** Milliseconds from the first byte of a request to the first token; the first run of each kind warms up. */
async function measure(agent: Agent, program: string[]): Promise<{ direct: number[]; through: number[] }> {
  const direct: number[] = [];
  const through: number[] = [];
  const aside = (body: Record<string, unknown>): Turn | undefined =>
    isAside(body) ? { text: 'A note' } : undefined;
  await onStage(
    agent,
    agent.format,
    { aside, isLenient: true, price: { input: 5, output: 25 }, credit: 1_000 },
    async (stage) => {
      const { upstream, target, directory, providerKey } = stage;
      // agents stop a model that reads the same again and again
      const notes = Array.from({ length: TURNS - 1 }, (_, n) => join(directory.work, `note${n}.txt`));
      for (const note of notes) writeFileSync(note, 'The Aare flows past Bern.\n');
      const ask = async (origin: string, key: string, into: number[]): Promise<void> => {
        upstream.play(turnsOf(agent, notes));
        const tap = await openTap(Number(new URL(origin).port), into);
        const own: RunDirectory = runDirectory();
        try {
          const base = `http://127.0.0.1:${tap.port}`;
          const { run } = await agent.run(
            program,
            own,
            { ...target, origin: base, baseUrl: `${base}/v1`, key },
            `Read the notes in ${directory.work}`,
          );
          if (run.code !== 0)
            throw new Error(`${agent.name} ended with ${run.code}: ${run.stderr.slice(-400)}`);
        } finally {
          own.remove();
          tap.close();
        }
      };
      await ask(upstream.origin, providerKey, []);
      await ask(target.origin, target.key, []);
      while (Math.min(direct.length, through.length) < SAMPLES) {
        await ask(upstream.origin, providerKey, direct);
        await ask(target.origin, target.key, through);
      }
    },
  );
  return { direct, through };
}

function turnsOf(agent: Agent, notes: string[]): Turn[] {
  const turns = notes.map((note, n): Turn => {
    const call = agent.read(note);
    return { text: `${MARK} of ${n}.`, calls: [{ ...call, id: `${call.id}${n}` }] };
  });
  return [...turns, { text: `${MARK}, and last.` }];
}

/** A wire between the agent and what it talks to, which reads along. */
function openTap(port: number, into: number[]): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    let askedMs: number | undefined;
    let isAnswered = true;
    let tail = '';
    client.on('data', (bytes) => {
      if (isAnswered) askedMs = performance.now();
      isAnswered = false;
      far.write(bytes);
    });
    far.on('data', (bytes) => {
      const nowMs = performance.now();
      client.write(bytes);
      isAnswered = true;
      tail = tail.slice(-MARK.length) + bytes.toString('latin1');
      if (askedMs === undefined || !tail.includes(MARK)) return;
      into.push(nowMs - askedMs);
      askedMs = undefined;
      tail = '';
    });
    for (const [one, other] of [
      [client, far],
      [far, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve({
        port: typeof address === 'object' && address ? address.port : 0,
        close() {
          server.close();
          for (const socket of sockets) socket.destroy();
        },
      });
    });
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const [low = 0, high = 0] =
    sorted.length % 2 === 0 ? [sorted[half - 1], sorted[half]] : [sorted[half], sorted[half]];
  return (low + high) / 2;
}
