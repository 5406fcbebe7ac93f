// A provider of Chat Completions on raw sockets that fails as it is told, and can be healed.

import { createServer, type Socket } from 'node:net';
import type { Act } from './faults.ts';

export type Provider = {
  port: number;
  /** Requests it got, by the name in their path. */
  asked: Map<string, number>;
  /** What it does to requests under `/name/v1`; it answers where nothing is said. */
  acts: Map<string, Act>;
  /** Keys it refuses with 401, whatever the name. */
  badKeys: Set<string>;
  stop(): void;
};

/** What each answer reports, and what it says. */
export const USED = { input: 10, output: 5 };
export const SAID = 'all is well';

const HEAD = { id: 'chatcmpl-1', created: 1_763_700_000, model: 'vendor' };
const USAGE = {
  prompt_tokens: USED.input,
  completion_tokens: USED.output,
  total_tokens: USED.input + USED.output,
};
const WHOLE = JSON.stringify({
  ...HEAD,
  object: 'chat.completion',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: SAID, refusal: null },
      finish_reason: 'stop',
      logprobs: null,
    },
  ],
  usage: USAGE,
});
const frame = (members: object) =>
  `data: ${JSON.stringify({ ...HEAD, object: 'chat.completion.chunk', ...members })}\n\n`;
const choice = (delta: object, finish_reason: string | null = null) =>
  frame({ choices: [{ index: 0, delta, finish_reason }] });
const BEGINNING = choice({ role: 'assistant', content: '' });
const STREAM = `${BEGINNING}${choice({ content: SAID })}${choice({}, 'stop')}${frame({ choices: [], usage: USAGE })}data: [DONE]\n\n`;

/** Starts it on `port`, or a free one. */
export async function startProvider(port = 0): Promise<Provider> {
  const asked = new Map<string, number>();
  const acts = new Map<string, Act>();
  const badKeys = new Set<string>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (let size = sizeOf(text); size !== undefined; size = sizeOf(text)) {
        const request = text.slice(0, size);
        text = text.slice(size);
        const name = /^POST \/([^/]+)\//.exec(request)?.[1] ?? '';
        asked.set(name, (asked.get(name) ?? 0) + 1);
        const key = /^authorization: bearer (\S+)/im.exec(request)?.[1] ?? '';
        const isStream = request.includes('"stream":true');
        if (badKeys.has(key))
          socket.write(whole(401, 'application/json', '{"error":{"message":"wrong key"}}'));
        else act(socket, acts.get(name) ?? { kind: 'well' }, isStream);
      }
    });
  });
  await new Promise<void>((ready) => server.listen(port, '127.0.0.1', ready));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    asked,
    acts,
    badKeys,
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Characters of the first whole request, or nothing yet. */
function sizeOf(text: string): number | undefined {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return undefined;
  const length = Number(/^content-length:\s*(\d+)/im.exec(text.slice(0, head))?.[1] ?? 0);
  const size = head + 4 + length;
  return text.length < size ? undefined : size;
}

function act(socket: Socket, what: Act, isStream: boolean): void {
  switch (what.kind) {
    case 'well':
      socket.write(
        isStream ? whole(200, 'text/event-stream', STREAM) : whole(200, 'application/json', WHOLE),
      );
      return;
    case 'status':
      socket.write(whole(what.status, what.type ?? 'application/json', what.body, what.headers));
      return;
    case 'frames':
      socket.write(
        isStream ? whole(200, 'text/event-stream', what.frames) : whole(200, 'application/json', what.whole),
      );
      return;
    case 'stalls':
      socket.write(begun(isStream));
      return;
    case 'cut':
      socket.end(begun(isStream));
      return;
    case 'silent':
    case 'refused':
    case 'dns':
    case 'tls':
      return;
    default:
      what satisfies never;
  }
}

function whole(status: number, type: string, body: string, headers: Record<string, string> = {}): string {
  const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Planned\r\ncontent-type: ${type}\r\n${more.join('')}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** An answer that promises more than it has. */
function begun(isStream: boolean): string {
  const body = isStream ? BEGINNING : WHOLE.slice(0, 60);
  const type = isStream ? 'text/event-stream' : 'application/json';
  return `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${STREAM.length}\r\n\r\n${body}`;
}
