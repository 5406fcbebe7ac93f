// Starts what is measured: the upstream, the bare proxy, and Osiris with a key that no limit stops.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Who listens where, and the key it asks for, if it asks for one. */
type Place = { port: number; pid: number; key: string };
export type Fleet = {
  places: Record<'direct' | 'bare' | 'osiris' | 'base', Place>;
  stop: () => Promise<void>;
};

const LIMITS = { requests_per_minute: 100_000_000, concurrent: 100_000 };

/** The fleet, ready to be asked; `base` is the same place as `osiris` when it is the same binary. `stop` ends it all. */
export async function startFleet(binary: string, base: string): Promise<Fleet> {
  const directories: string[] = [];
  const env = { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: '20000' };
  const children: Bun.Subprocess[] = [];
  const script = async (name: string, ...args: string[]): Promise<Place> => {
    const argv = [process.execPath, join(import.meta.dir, name), ...args];
    const child = Bun.spawn(argv, { stdout: 'pipe', stderr: 'inherit', env });
    children.push(child);
    return { port: Number(await firstLine(child.stdout)), pid: child.pid, key: 'none' };
  };
  const direct = await script('upstream.ts');
  const upstream = `http://127.0.0.1:${direct.port}`;
  const bare = await script('bare-proxy.ts', upstream);
  const gateway = async (executable: string): Promise<Place> => {
    const directory = mkdtempSync(join(tmpdir(), 'osiris-bench-'));
    directories.push(directory);
    const port = freePort();
    writeFileSync(join(directory, 'osiris.yaml'), JSON.stringify(gatewayConfig(port, upstream)));
    // it makes its own settings, as it does for its users
    const options = { cwd: directory, stdout: 'ignore', stderr: 'inherit', env: process.env } as const;
    const child = Bun.spawn([executable, 'serve'], options);
    children.push(child);
    await answering(`http://127.0.0.1:${port}/health/ready`);
    const made = Bun.spawnSync(
      [executable, 'keys', 'create', '--name', 'bench', '--credit', '1000000', '--json'],
      {
        cwd: directory,
      },
    );
    const { key } = JSON.parse(made.stdout.toString()) as { key: string };
    return { port, pid: child.pid, key };
  };
  const osiris = await gateway(binary);
  return {
    places: { direct, bare, osiris, base: base === binary ? osiris : await gateway(base) },
    async stop() {
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(children.map((child) => child.exited));
      for (const directory of directories) rmSync(directory, { recursive: true, force: true });
    },
  };
}

function gatewayConfig(port: number, upstream: string): object {
  const formats = { chat: 'openai-chat', responses: 'openai-responses', messages: 'anthropic-messages' };
  const names = Object.entries(formats);
  return {
    server: { port },
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

async function answering(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const ok = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    await Bun.sleep(50);
  }
  throw new Error(`nothing answers at ${url}`);
}
