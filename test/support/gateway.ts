// Starts the real program in a directory of its own and hands back where it is and how to end it.

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import type { WireFormat } from './script.ts';

/** One provider with one model of its own. */
export type UpstreamChoice = {
  provider: string;
  format: WireFormat;
  /** Everything before the operation. */
  baseUrl: string;
  apiKey: string;
  /** What clients ask for. */
  model: string;
  /** What the provider is asked for. */
  upstreamModel: string;
  /** As in the configuration file. */
  capabilities?: Record<string, unknown>;
  aliases?: string[];
  /** More members of the provider in the configuration file. */
  settings?: Record<string, unknown>;
};

/** One for a format, called after it. */
export function upstreamOf(format: WireFormat, baseUrl: string): UpstreamChoice {
  const names = { provider: `up-${format}`, model: `model-${format}`, upstreamModel: 'm' };
  return { ...names, format, baseUrl, apiKey: 'made-up' };
}

export type GatewayOptions = {
  upstreams: UpstreamChoice[];
  /** Members of `server` in the configuration file, beside host and port. */
  server?: Record<string, unknown>;
  /** Whole sections of the configuration file. */
  sections?: Record<string, unknown>;
  /** Price in USD per million tokens; free when absent. */
  price?: Record<string, number>;
  /** USD on the key; none when absent. */
  credit?: number;
  env?: Record<string, string>;
};

export type Gateway = {
  url: string;
  /** A credit key without limits that matter here. */
  key: string;
  adminSecret: string;
  pid: number;
  directory: string;
  /** What it wrote so far, stdout and stderr. */
  logs(): string;
  /** Resident memory of the process, bytes. */
  rssBytes(): number;
  /** Runs a command of the same program against this gateway's directory. */
  command(args: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  /** The exit code, once it has ended. */
  exited: Promise<number>;
  /** Ends it with SIGTERM and leaves its directory to be looked at. */
  end(): Promise<void>;
  /** Ends it with SIGTERM and removes its directory. */
  stop(): Promise<void>;
};

const ROOT = join(import.meta.dir, '..', '..');

/** How to start the program: the compiled binary, built anew when stale, else (or by OSIRIS_BIN=source) the sources. */
export async function programArgv(): Promise<string[]> {
  const chosen = process.env.OSIRIS_BIN;
  if (chosen === 'source') return [process.execPath, join(ROOT, 'src', 'main.ts')];
  if (chosen !== undefined) return [chosen];
  built ??= buildIfStale();
  return built;
}

let built: Promise<string[]> | undefined;

/** A binary older than its sources would prove nothing about them. */
async function buildIfStale(): Promise<string[]> {
  const binary = join(ROOT, 'dist', 'osiris');
  const builder = join(ROOT, 'scripts', 'build.ts');
  const madeAt = existsSync(binary) ? statSync(binary).mtimeMs : 0;
  const stale = Array.from(new Bun.Glob('{src,db}/**/*').scanSync(ROOT)).some(
    (file) => statSync(join(ROOT, file)).mtimeMs > madeAt,
  );
  if (stale && existsSync(builder)) {
    const build = Bun.spawn([process.execPath, builder], { cwd: ROOT, stdout: 'ignore', stderr: 'inherit' });
    if ((await build.exited) !== 0) return [process.execPath, join(ROOT, 'src', 'main.ts')];
  }
  return existsSync(binary) ? [binary] : [process.execPath, join(ROOT, 'src', 'main.ts')];
}

/** Starts it, waits until it is ready and makes a key; throws with its logs when it does not come up. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const directory = mkdtempSync(join(tmpdir(), 'osiris-test-'));
  const port = await freePort();
  const config = join(directory, 'osiris.yaml');
  writeFileSync(config, JSON.stringify(configOf(options, directory, port), null, 2));
  const program = await programArgv();
  const env = { PATH: process.env.PATH ?? '', HOME: directory, ...options.env };
  const child = Bun.spawn([...program, 'serve', '--config', config], {
    cwd: directory,
    env,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  let written = '';
  const collect = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) written += decoder.decode(chunk, { stream: true });
  };
  void collect(child.stdout);
  void collect(child.stderr);
  const url = `http://127.0.0.1:${port}`;
  const command: Gateway['command'] = async (args) => {
    const run = Bun.spawn([...program, ...args, '--config', config], {
      cwd: directory,
      env,
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    });
    const [stdout, stderr] = await Promise.all([
      new Response(run.stdout).text(),
      new Response(run.stderr).text(),
    ]);
    return { code: await run.exited, stdout, stderr };
  };
  const end = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 30_000);
    await child.exited;
    clearTimeout(late);
  };
  const stop = async (): Promise<void> => {
    await end();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await untilReady(url, child, () => written);
    const credit = String(options.credit ?? 0);
    const made = await command([
      ...['keys', 'create', '--name', 'harness', '--kind', 'credit', '--credit', credit],
      ...['--rpm', '1000000', '--concurrency', '1000', '--json'],
    ]);
    if (made.code !== 0) throw new Error(`keys create failed: ${made.stdout}${made.stderr}`);
    const key = (JSON.parse(made.stdout) as { key: string }).key;
    return {
      url,
      key,
      adminSecret: /osiris-admin-[\w-]+/.exec(written)?.[0] ?? '',
      pid: child.pid,
      directory,
      logs: () => written.replace(/osiris-admin-[\w-]+/g, 'osiris-admin-…'),
      rssBytes: () => residentBytes(child.pid),
      command,
      exited: child.exited,
      end,
      stop,
    };
  } catch (failure) {
    await stop();
    throw new Error(`the gateway did not start: ${String(failure)}\n${written}`, { cause: failure });
  }
}

/** How each format's vendor takes its key. */
const AUTH: Record<WireFormat, string> = {
  'openai-chat': 'bearer',
  'openai-responses': 'bearer',
  'anthropic-messages': 'x-api-key',
  'google-generate-content': 'x-goog-api-key',
};

/** The configuration as a value: JSON is YAML too. */
function configOf(options: GatewayOptions, directory: string, port: number): Record<string, unknown> {
  const providers = options.upstreams.map((upstream) => [
    upstream.provider,
    {
      base_url: upstream.baseUrl,
      format: upstream.format,
      auth: AUTH[upstream.format],
      api_key: upstream.apiKey,
      ...upstream.settings,
    },
  ]);
  const models = options.upstreams.map((upstream) => [
    upstream.model,
    {
      ...(upstream.aliases === undefined ? {} : { aliases: upstream.aliases }),
      ...(upstream.capabilities === undefined ? {} : { capabilities: upstream.capabilities }),
      price: options.price ?? { input: 0, output: 0 },
      deployments: [{ provider: upstream.provider, model: upstream.upstreamModel }],
    },
  ]);
  return {
    // no load balancer looks at it
    server: { host: '127.0.0.1', port, drain_delay: 0, ...options.server },
    data_dir: join(directory, 'state'),
    providers: Object.fromEntries(providers),
    models: Object.fromEntries(models),
    // a scripted failure is asked for once
    routing: { retries: 0 },
    ...options.sections,
  };
}

async function untilReady(url: string, child: Bun.Subprocess, logs: () => string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it exited with ${child.exitCode}: ${logs()}`);
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
    if (answer?.ok === true) return;
    await Bun.sleep(20);
  }
  throw new Error('it was not ready after 30 s');
}

/** From the process table on Linux; 0 where there is none. */
function residentBytes(pid: number): number {
  const status = `/proc/${pid}/status`;
  if (!existsSync(status)) return 0;
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(status, 'utf8'))?.[1] ?? 0) * 1024;
}
