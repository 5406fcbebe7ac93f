// An installation to back up and restore: the compiled program, a server, a key with money, calls that are paid.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programArgv } from './gateway.ts';
import { type Outcome, osiris, type Serving, serve } from './osiris.ts';
import { scratchDir } from './scratch.ts';

/** Each call costs $0.01. */
const CONFIG = 'models: { sandbox/echo: { price: { input: 1000, output: 2000 } } }\n';

export type Installation = {
  cwd: string;
  dataDir: string;
  run(words: string[], env?: Record<string, string>): Promise<Outcome>;
  json(words: string[]): Promise<ReturnType<typeof JSON.parse>>;
  serve(words?: string[]): Promise<Serving>;
};

/** A directory with a configuration and no data yet. */
export async function installation(): Promise<Installation> {
  const cwd = scratchDir();
  const program = await programArgv();
  writeFileSync(join(cwd, 'osiris.yaml'), CONFIG);
  const run = (words: string[], env: Record<string, string> = {}) => osiris(words, { cwd, program, env });
  return {
    cwd,
    dataDir: join(cwd, 'osiris-data'),
    run,
    async json(words) {
      const { stdout, stderr } = await run([...words, '--json']);
      try {
        return JSON.parse(stdout);
      } catch {
        throw new Error(`${words.join(' ')}: ${stdout}${stderr}`);
      }
    },
    serve: (words = []) => serve(['--port', '0', ...words], { cwd, program }),
  };
}

/** The status of one call that costs $0.01. */
export async function call(server: Pick<Serving, 'url'>, secret: string): Promise<number> {
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sandbox/echo', messages: [{ role: 'user', content: 'one two' }] }),
  });
  await response.text();
  return response.status;
}
