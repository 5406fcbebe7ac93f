// The streaming example for Python: its own library where Python is at hand, else the same bytes through a socket.

import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Target } from '../support/client.ts';
import type { Turn, WireFormat } from '../support/script.ts';
import { type HeadlessRun, type RunDirectory, runHeadless } from './headless.ts';
import type { Row } from './row.ts';
import { onStage } from './stage.ts';
import { pythonWith } from './venv.ts';

const VERSION = '3.57.0';
const MODEL = 'claude-opus-4.6';
const SAID = 'The Aare flows past Bern 👋.';
const TURN: Turn = { text: SAID, usage: { input: 120, cached: 20, output: 9, reasoning: 0 } };
const DAY = 'streaming-example';

/** As the pages of the products have it; `choices[0]` is there in every chunk or it fails. */
const EXAMPLE = (baseUrl: string, key: string): string => `from openai import OpenAI

client = OpenAI(
    base_url="${baseUrl}",
    api_key="${key}",
)

stream = client.chat.completions.create(
    model="${MODEL}",
    messages=[{"role": "user", "content": "Tell me about the Aare"}],
    stream=True,
)

for chunk in stream:
    if chunk.choices[0].delta.content:
        print(chunk.choices[0].delta.content, end="", flush=True)
`;

/** What that writes to its socket, as recorded. */
const REQUEST = (port: string, key: string): string => {
  const body = JSON.stringify({
    model: MODEL,
    stream: true,
    messages: [{ role: 'user', content: 'Tell me about the Aare' }],
  });
  const lines = [
    'POST /v1/chat/completions HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    'Accept-Encoding: gzip, deflate',
    'Connection: keep-alive',
    `authorization: Bearer ${key}`,
    'accept: application/json',
    'content-type: application/json',
    `user-agent: OpenAI/Python ${VERSION}`,
    'x-stainless-lang: python',
    `x-stainless-package-version: ${VERSION}`,
    'x-stainless-os: Linux',
    'x-stainless-arch: x64',
    'x-stainless-runtime: CPython',
    'x-stainless-runtime-version: 3.11.7',
    'x-stainless-async: false',
    'x-stainless-retry-count: 0',
    'x-stainless-read-timeout: 600',
    `Content-Length: ${body.length}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
};

/** Runs it over one upstream format; `python` is undefined where there is none. */
export function streamingExample(python: string | undefined, format: WireFormat): Promise<Row> {
  const client = python === undefined ? 'openai (Python), by socket' : 'openai (Python)';
  const options = { aside: () => TURN, price: { input: 5, output: 25 }, credit: 10 };
  return onStage({ model: MODEL }, format, options, async (stage) => {
    const started = performance.now();
    const faults: string[] = [];
    const { directory, target } = stage;
    const said =
      python === undefined
        ? await byHand(target)
        : wordsOf(await runExample(python, directory, target), faults);
    if (said !== SAID) faults.push(`it printed ${JSON.stringify(said)}`);
    const rows = await stage.rows();
    const [row] = rows;
    if (rows.length !== 1 || row?.rule !== 'finished') faults.push(`${rows.length} rows: ${row?.rule}`);
    if (row?.usage.input_tokens !== 120 || row.usage.output_tokens !== 9)
      faults.push(`the ledger counted ${JSON.stringify(row?.usage)}`);
    faults.push(...stage.upstream.breaches());
    const requests = stage.answered().length;
    const seconds = (performance.now() - started) / 1_000;
    return { client, upstream: format, day: DAY, seconds, requests, shown: said, faults };
  });
}

function runExample(python: string, directory: RunDirectory, { baseUrl, key }: Target): Promise<HeadlessRun> {
  const file = join(directory.work, 'example.py');
  writeFileSync(file, EXAMPLE(baseUrl, key));
  return runHeadless([python, file], directory, { PYTHONUTF8: '1' }, 60_000);
}

function wordsOf({ code, stdout, stderr }: HeadlessRun, faults: string[]): string {
  if (code !== 0) faults.push(`exit ${code}: ${stderr.slice(-600)}`);
  return stdout;
}

/** The same bytes, read as the loop of the example reads them. Throws where the example would. */
function byHand({ origin, key }: Target): Promise<string> {
  const { port } = new URL(origin);
  return new Promise((resolve, reject) => {
    let wire = '';
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(REQUEST(port, key)));
    socket.setEncoding('utf8');
    socket.on('error', reject);
    socket.on('data', (text) => {
      wire += text;
      if (!wire.includes('data: [DONE]')) return;
      socket.destroy();
      const chunks = Array.from(
        wire.matchAll(/data: (\{.*\})/g),
        ([, json = '']) => JSON.parse(json) as Chunk,
      );
      resolve(chunks.map(({ choices }) => (choices[0] as Chunk['choices'][0]).delta.content ?? '').join(''));
    });
  });
}

type Chunk = { choices: { delta: { content?: string } }[] };

/** The Python that has the library; undefined, with the reason told, where there is none. */
export async function pythonWithLibrary(): Promise<string | undefined> {
  try {
    return await pythonWith(`openai-${VERSION}`, [`openai==${VERSION}`]);
  } catch (failure) {
    console.error(`${String(failure)}: its bytes go through a socket instead`);
    return undefined;
  }
}
