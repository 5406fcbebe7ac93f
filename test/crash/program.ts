// The real program on one database: started again and again, killed by us or by its own failpoint.

import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import type { ClientKey } from './load.ts';
import { TARIFFS } from './tariff.ts';
import { FAILING_PREFIX } from './upstream.ts';

const READY_WITHIN_MS = 30_000;
const ROOM_FOR_CONNECTIONS = '20000';

export type Program = {
  url: string;
  database: string;
  /** Starts it and waits until it is ready; `failpoint` as in OSIRIS_FAILPOINT. */
  start(failpoint?: string): Promise<void>;
  /** Kills it with SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** True when it died by SIGKILL within the time; false when it still runs. */
  diedWithin(timeoutMs: number): Promise<boolean>;
  /** Ends it in good order. */
  stop(): Promise<void>;
  createKey(flags: string[]): Promise<ClientKey>;
  /** What it wrote on stderr and stdout so far. */
  logs(): string;
};

/** The program of `argv` with all it has in `directory`, its providers at `upstream`. */
export async function crashProgram(argv: string[], directory: string, upstream: string): Promise<Program> {
  mkdirSync(directory, { recursive: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = join(directory, 'osiris.yaml');
  const logFile = join(directory, 'osiris.log');
  writeFileSync(config, JSON.stringify(configOf(directory, port, upstream), null, 2));
  writeFileSync(logFile, '');
  let child: Bun.Subprocess | undefined;
  const env = (failpoint?: string) => ({
    PATH: process.env.PATH ?? '',
    HOME: directory,
    BUN_CONFIG_MAX_HTTP_REQUESTS: ROOM_FOR_CONNECTIONS,
    ...(failpoint === undefined ? {} : { OSIRIS_FAILPOINT: failpoint }),
  });
  const logs = () => readFileSync(logFile, 'utf8');
  return {
    url,
    database: join(directory, 'state', 'osiris.db'),
    logs,
    async start(failpoint) {
      appendFileSync(logFile, `--- start ${failpoint ?? ''}\n`);
      const output = openSync(logFile, 'a');
      const options = { cwd: directory, env: env(failpoint), stdin: 'ignore', stdout: 'ignore' } as const;
      child = Bun.spawn([...argv, 'serve', '--config', config], { ...options, stderr: output });
      closeSync(output);
      await untilReady(url, child);
    },
    async kill() {
      child?.kill('SIGKILL');
      await child?.exited;
    },
    async diedWithin(timeoutMs) {
      if (child === undefined) return false;
      const late = Bun.sleep(timeoutMs).then(() => 'late' as const);
      if ((await Promise.race([child.exited, late])) === 'late') return false;
      if (child.signalCode !== 'SIGKILL')
        throw new Error(`the program ended by itself (${child.exitCode ?? child.signalCode})\n${logs()}`);
      return true;
    },
    async stop() {
      child?.kill('SIGTERM');
      await child?.exited;
    },
    async createKey(flags) {
      const limits = ['--rpm', '100000000', '--concurrency', '10000'];
      const words = ['keys', 'create', ...flags, ...limits, '--json', '--config', config];
      const run = Bun.spawn([...argv, ...words], { cwd: directory, env: env(), stderr: 'pipe' });
      const [stdout, stderr] = await Promise.all([
        new Response(run.stdout).text(),
        new Response(run.stderr).text(),
      ]);
      if ((await run.exited) !== 0) throw new Error(`keys create failed: ${stdout}${stderr}`);
      const { key: secret, id } = JSON.parse(stdout) as { key: string; id: string };
      return { id, secret };
    },
  };
}

/** JSON is YAML too. */
function configOf(directory: string, port: number, upstream: string): Record<string, unknown> {
  const at = (format: string, prefix = '') => ({ base_url: `${upstream}${prefix}/v1`, format, auth: 'none' });
  const on = (...providers: string[]) => ({
    deployments: providers.map((provider) => ({ provider, model: `scripted-${provider}` })),
  });
  const deployments: Record<string, ReturnType<typeof on>> = {
    'crash-chat': on('chat'),
    'crash-messages': on('messages'),
    'crash-responses': on('responses'),
    'crash-cheap': on('chat'),
    'crash-second': on('failing', 'responses'),
    'crash-free': on('messages'),
  };
  return {
    server: { host: '127.0.0.1', port },
    data_dir: join(directory, 'state'),
    providers: {
      chat: at('openai-chat'),
      messages: at('anthropic-messages'),
      responses: at('openai-responses'),
      failing: at('openai-chat', FAILING_PREFIX),
    },
    models: Object.fromEntries(
      Object.entries(TARIFFS).map(([model, price]) => [model, { price, ...deployments[model] }]),
    ),
  };
}

async function untilReady(url: string, child: Bun.Subprocess): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadline) {
    // a failpoint may strike before anybody has asked
    if (child.exitCode !== null || child.signalCode !== null) return;
    const answer = await fetch(`${url}/health/ready`, { keepalive: false }).catch(() => undefined);
    if (answer?.ok === true) return;
    await Bun.sleep(15);
  }
  throw new Error(`it was not ready after ${READY_WITHIN_MS / 1000} s`);
}
