// The deployment snippets of the README, tried with the programs they are for.

import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programArgv } from '../support/gateway.ts';
import { osiris } from '../support/osiris.ts';

const readme = await Bun.file(join(import.meta.dir, '../..', 'README.md')).text();
const [caddyfile = ''] = snippets('caddyfile');
const [unit = '', backupUnit = '', timer = ''] = snippets('ini');
const folder = await mkdtemp(join(tmpdir(), 'osiris-deploy-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const caddy = programOf('caddy');
const analyze = programOf('systemd-analyze');

/** The code blocks of a language. */
function snippets(language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return Array.from(readme.matchAll(fence), ([, text = '']) => text);
}

function programOf(name: string): string | undefined {
  const path = Bun.which(name) ?? undefined;
  if (path === undefined) console.log(`skipped: ${name} is not installed here`);
  return path;
}

async function run(command: string[]): Promise<{ code: number; output: string }> {
  const home = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const child = Bun.spawn(command, {
    stdout: 'pipe',
    stderr: 'pipe',
    env: { PATH: process.env.PATH, ...home },
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, output: stdout + stderr };
}

test('the README holds a Caddyfile and a systemd unit that fit together', () => {
  expect(caddyfile).toContain('reverse_proxy 127.0.0.1:8080');
  expect(unit).toContain('ExecStart=/usr/local/bin/osiris serve ');
  const stateFolder = /^StateDirectory=(.+)$/m.exec(unit)?.[1];
  expect(unit).toContain(`--data-dir /var/lib/${stateFolder}`);
});

describe.skipIf(analyze === undefined)('the systemd unit', () => {
  const path = join(folder, 'osiris.service');
  const write = (text: string) => Bun.write(path, text.replace('/usr/local/bin/osiris', process.execPath));

  test('passes systemd-analyze verify', async () => {
    await write(unit);
    expect(await run([analyze ?? '', 'verify', '--man=no', path])).toEqual({ code: 0, output: '' });
  });

  test('a misspelt setting would be seen', async () => {
    await write(unit.replace('ProtectHome=', 'ProtectHouse='));
    expect((await run([analyze ?? '', 'verify', '--man=no', path])).output).toContain('ProtectHouse');
  });

  test('is rated safe by systemd-analyze security', async () => {
    await write(unit);
    const rated = await run([
      analyze ?? '',
      'security',
      '--offline=yes',
      '--no-pager',
      '--threshold=25',
      path,
    ]);
    expect(rated.output).toContain('Overall exposure level');
    expect(rated.code).toBe(0);
  });

  test('leaves the engine its compiler and the drain its time', () => {
    expect(unit).not.toMatch(/^MemoryDenyWriteExecute=/m);
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(60);
  });
});

describe('the nightly backup', () => {
  test('the command of its unit makes one, night after night', async () => {
    const cwd = await mkdtemp(join(folder, 'backup-'));
    const program = await programArgv();
    expect((await osiris(['init', '.'], { cwd, program })).code).toBe(0);
    const [binary, ...words] = /^ExecStart=(.+)$/m.exec(backupUnit)?.[1]?.split(' ') ?? [];
    expect(binary).toBe('/usr/local/bin/osiris');
    expect(words.at(-1)).toBe(/--data-dir (\S+)/.exec(unit)?.[1]);
    const moved = [...words.slice(0, -1), 'osiris-data'].map((word) =>
      word.replace('/var/backups', 'backups'),
    );
    for (const night of [1, 2]) {
      const { code, stdout, stderr } = await osiris(moved, { cwd, program });
      expect([night, code, stderr]).toEqual([night, 0, '']);
      expect(stdout).toContain(join(cwd, 'backups/osiris/osiris-backup-'));
    }
  });

  test.skipIf(analyze === undefined)('passes systemd-analyze verify', async () => {
    const service = join(folder, 'osiris-backup.service');
    await Bun.write(service, backupUnit.replace('/usr/local/bin/osiris', process.execPath));
    await Bun.write(join(folder, 'osiris-backup.timer'), timer);
    const paths = [service, join(folder, 'osiris-backup.timer')];
    expect(await run([analyze ?? '', 'verify', '--man=no', ...paths])).toEqual({ code: 0, output: '' });
    const when = /^OnCalendar=(.+)$/m.exec(timer)?.[1] ?? '';
    expect((await run([analyze ?? '', 'calendar', when])).code).toBe(0);
  });
});

/** Caddy with the README's file, moved to loopback ports; ready when this resolves. */
async function startCaddy(upstreamPort: number): Promise<{ origin: string; stop: () => Promise<unknown> }> {
  const probe = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() });
  const origin = `http://127.0.0.1:${probe.port}`;
  await probe.stop(true);
  const moved = caddyfile
    .replace('ai.example.com', origin)
    .replace('127.0.0.1:8080', `127.0.0.1:${upstreamPort}`);
  const path = join(folder, 'Caddyfile.moved');
  await Bun.write(path, `{\n\tadmin off\n}\n${moved}`);
  const child = Bun.spawn([caddy ?? '', 'run', '--adapter', 'caddyfile', '--config', path], {
    stdout: 'ignore',
    stderr: 'pipe',
    env: { PATH: process.env.PATH, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  });
  let seen = '';
  const decoder = new TextDecoder();
  const log = child.stderr.getReader();
  while (!seen.includes('serving initial configuration')) {
    const { done, value } = await log.read();
    if (done) throw new Error(`caddy did not start: ${seen}`);
    seen += decoder.decode(value, { stream: true });
  }
  const stop = () => {
    child.kill();
    return child.exited;
  };
  return { origin, stop };
}

describe.skipIf(caddy === undefined)('the Caddyfile', () => {
  test('is valid as it stands', async () => {
    const path = join(folder, 'Caddyfile');
    await Bun.write(path, caddyfile);
    const { code, output } = await run([caddy ?? '', 'validate', '--adapter', 'caddyfile', '--config', path]);
    expect(output).toContain('Valid configuration');
    expect(output).not.toContain('not formatted');
    expect(code).toBe(0);
  });

  test('lets a client leave: in low-latency mode Caddy keeps the upstream running (caddyserver/caddy#4952)', () => {
    expect(caddyfile).not.toContain('flush_interval');
  });

  test('passes each event on as it comes, names the client, and ends the upstream when the client leaves', async () => {
    const next = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    const forwarded: (string | null)[] = [];
    const encoder = new TextEncoder();
    const frames = ['data: first\n\n', 'data: second\n\n'];
    const events = () =>
      new ReadableStream<Uint8Array>({
        // The second event exists only once the first has reached the client; then the stream stays open
        async pull(controller) {
          if (frames.length === 1) await next.promise;
          const frame = frames.shift();
          if (frame === undefined) await left.promise;
          else controller.enqueue(encoder.encode(frame));
        },
        cancel: () => left.resolve(),
      });
    const upstream = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      idleTimeout: 0,
      fetch: (request) => {
        forwarded.push(request.headers.get('x-forwarded-for'), request.headers.get('x-forwarded-proto'));
        request.signal.addEventListener('abort', () => left.resolve());
        return new Response(events(), { headers: { 'content-type': 'text/event-stream' } });
      },
    });
    const proxy = await startCaddy(upstream.port ?? 0);
    try {
      const leave = new AbortController();
      const answer = await fetch(`${proxy.origin}/v1/messages`, {
        method: 'POST',
        body: '{}',
        headers: { 'x-forwarded-for': '203.0.113.9' },
        signal: leave.signal,
      });
      expect(answer.headers.get('content-type')).toBe('text/event-stream');
      const reader = answer.body?.getReader();
      let seen = '';
      const readUntil = async (frame: string) => {
        while (!seen.includes(frame)) {
          const part = await reader?.read();
          if (part === undefined || part.done)
            throw new Error(`the stream ended after ${JSON.stringify(seen)}`);
          seen += new TextDecoder().decode(part.value);
        }
      };
      await readUntil('data: first\n\n');
      expect(seen).not.toContain('second');
      next.resolve();
      await readUntil('data: second\n\n');
      leave.abort();
      await left.promise;
      // What a client claims about itself is replaced by what the proxy sees
      expect(forwarded).toEqual(['127.0.0.1', 'http']);
    } finally {
      await proxy.stop();
      await upstream.stop(true);
    }
  }, 20_000);
});
