// Starts what is measured: the upstream, the bare proxy, and Osiris with a key that no limit stops.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Peer } from './peers.ts';

/** Who listens where, the key it asks for, if it asks for one, and how long it took from its start until it answered. */
export type Place = {
  port: number;
  pid: number;
  key: string;
  headers: Readonly<Record<string, string>>;
  readyMs: number;
};
const LIMITS = { requests_per_minute: 100_000_000, concurrent: 100_000 };

/** Processes on loopback that end with it. */
export class Fleet {
  /** `direct`, `bare`, `osiris`, `base`, and the peers by their names. */
  readonly places = new Map<string, Place>();
  readonly #children: Bun.Subprocess[] = [];
  readonly #directories: string[] = [];

  /** Ready to be asked; `base` is the same place as `osiris` when it is the same binary. */
  static async start(binary: string, base: string, peers: readonly Peer[] = []): Promise<Fleet> {
    const fleet = new Fleet();
    const { places } = fleet;
    try {
      const direct = await fleet.#script('upstream.ts');
      const upstream = `http://127.0.0.1:${direct.port}`;
      const osiris = await fleet.#gateway(binary, upstream);
      places.set('direct', direct);
      places.set('bare', await fleet.#script('bare-proxy.ts', upstream));
      places.set('osiris', osiris);
      places.set('base', base === binary ? osiris : await fleet.#gateway(base, upstream));
      for (const peer of peers) places.set(peer.name, await fleet.#peer(peer, upstream));
      return fleet;
    } catch (thrown) {
      await fleet.stop();
      throw thrown;
    }
  }

  async stop(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    await Promise.all(this.#children.map((child) => child.exited));
    for (const directory of this.#directories) rmSync(directory, { recursive: true, force: true });
  }

  /** One of ours, which prints its port. */
  async #script(name: string, ...args: string[]): Promise<Place> {
    const argv = [process.execPath, join(import.meta.dir, name), ...args];
    const env = { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: '20000' };
    const begun = performance.now();
    const child = Bun.spawn(argv, { stdout: 'pipe', stderr: 'inherit', env });
    this.#children.push(child);
    const port = Number(await firstLine(child.stdout));
    return { port, pid: child.pid, key: 'none', headers: {}, readyMs: performance.now() - begun };
  }

  async #gateway(executable: string, upstream: string): Promise<Place> {
    const directory = this.#newDirectory();
    const port = freePort();
    writeFileSync(join(directory, 'osiris.yaml'), JSON.stringify(gatewayConfig(port, upstream)));
    // it makes its own settings, as it does for its users
    const start = { argv: [executable, 'serve'], env: {}, directory, port, readyPath: '/health/ready' };
    const place = await this.#program(start);
    const asked = ['keys', 'create', '--name', 'bench', '--credit', '1000000', '--json'];
    const made = Bun.spawnSync([executable, ...asked], { cwd: directory });
    const { key } = JSON.parse(made.stdout.toString()) as { key: string };
    return { ...place, key };
  }

  async #peer({ prepare, readyPath, headers, key }: Peer, upstream: string): Promise<Place> {
    const directory = this.#newDirectory();
    const port = freePort();
    const start = await prepare({ directory, port, upstream });
    const place = await this.#program({ ...start, directory, port, readyPath });
    return { ...place, key, headers: headers(upstream) };
  }

  async #program({ argv, env, directory, port, readyPath }: Program): Promise<Place> {
    const begun = performance.now();
    const own = { ...process.env, ...env };
    const child = Bun.spawn(argv, { cwd: directory, stdout: 'ignore', stderr: 'inherit', env: own });
    this.#children.push(child);
    await answering(child, `http://127.0.0.1:${port}${readyPath}`);
    return { port, pid: child.pid, key: 'none', headers: {}, readyMs: performance.now() - begun };
  }

  #newDirectory(): string {
    const directory = mkdtempSync(join(tmpdir(), 'osiris-bench-'));
    this.#directories.push(directory);
    return directory;
  }
}

/** A program that listens on `port`, with what it is told in its environment beside ours. */
type Program = {
  argv: string[];
  env: Record<string, string>;
  directory: string;
  port: number;
  readyPath: string;
};

function gatewayConfig(port: number, upstream: string): object {
  const formats = { chat: 'openai-chat', responses: 'openai-responses', messages: 'anthropic-messages' };
  const names = Object.entries(formats);
  return {
    server: { port, max_in_flight: 20_000 },
    data_dir: './data',
    limits: LIMITS,
    providers: Object.fromEntries(
      names.map(([name, format]) => [name, { base_url: upstream, format, auth: 'none' }]),
    ),
    models: Object.fromEntries(
      names.map(([name]) => [
        `bench-${name}`,
        { price: { input: 1, output: 2 }, deployments: [{ provider: name, model: `bench-${name}` }] },
      ]),
    ),
  };
}

async function firstLine(stdout: ReadableStream<Uint8Array>): Promise<string> {
  let text = '';
  for await (const piece of stdout) {
    text += new TextDecoder().decode(piece);
    const end = text.indexOf('\n');
    if (end !== -1) return text.slice(0, end);
  }
  throw new Error('a process of the fleet ended before it said its port');
}

function freePort(): number {
  const probe = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() });
  const { port } = probe;
  probe.stop(true);
  if (port === undefined) throw new Error('no free port');
  return port;
}

/** Python gateways take many seconds. */
const READY_WITHIN_MS = 60_000;

async function answering(child: Bun.Subprocess, url: string): Promise<void> {
  for (const begun = performance.now(); performance.now() - begun < READY_WITHIN_MS; ) {
    if (child.exitCode !== null) throw new Error(`a process of the fleet ended with ${child.exitCode}`);
    const ok = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    await Bun.sleep(5);
  }
  throw new Error(`nothing answers at ${url}`);
}
