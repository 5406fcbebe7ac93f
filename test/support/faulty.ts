// Providers that fail in every way a provider can, from a name that does not resolve to events that are none.

import { newAuthority } from './certificates.ts';
import { type RawAnswer, rawUpstream, SSE_HEAD } from './raw-upstream.ts';

export type Faulty = {
  baseUrl: string;
  /** From now on it answers this body of JSON; there for those that can be reached. */
  heal?(json: string): void;
  stop(): void;
};

const http = (status: string, body: string, headers = ''): string =>
  `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
const error = (code: string | number) =>
  JSON.stringify({ error: { message: 'no', type: 'server_error', code } });
const begun = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' };
const role = `data: ${JSON.stringify({ ...begun, choices: [{ index: 0, delta: { role: 'assistant' }, finish_reason: null }] })}\n\n`;
const html = '<html><h1>502 Bad Gateway</h1></html>';

const RAW: Record<string, RawAnswer> = {
  'slow headers': { pieces: [], after: 'keep' },
  'a stall after the headers': {
    pieces: ['HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{"id"'],
    after: 'keep',
  },
  'a truncated body': {
    pieces: ['HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{"id"'],
    after: 'end',
  },
  'a stream cut before content': { pieces: [SSE_HEAD, role], after: 'end' },
  'a reset': { pieces: [], after: 'reset' },
  401: { pieces: [http('401 Unauthorized', error('invalid_api_key'))], after: 'keep' },
  403: { pieces: [http('403 Forbidden', error('forbidden'))], after: 'keep' },
  '429 with Retry-After': {
    pieces: [http('429 Too Many Requests', error('rate_limit'), 'retry-after: 20\r\n')],
    after: 'keep',
  },
  '429 without Retry-After': { pieces: [http('429 Too Many Requests', error('rate_limit'))], after: 'keep' },
  500: { pieces: [http('500 Internal Server Error', error(500))], after: 'keep' },
  '502 with HTML': {
    pieces: [http('502 Bad Gateway', html).replace('application/json', 'text/html')],
    after: 'keep',
  },
  529: { pieces: [http('529 Overloaded', error('overloaded'))], after: 'keep' },
  'an error with status 200': { pieces: [http('200 OK', error(500))], after: 'keep' },
  'malformed events': { pieces: [SSE_HEAD, 'data: {"id":\n\ndata: nonsense\n\n'], after: 'end' },
};

const ADDRESSES: Record<string, string> = {
  'a refused connection': 'http://127.0.0.1:1/v1',
  'a name that does not resolve': 'http://nowhere.invalid/v1',
};

export const FAULTS = [...Object.keys(ADDRESSES), 'a certificate nobody knows', ...Object.keys(RAW)];

export async function openFaulty(fault: string): Promise<Faulty> {
  const address = ADDRESSES[fault];
  if (address !== undefined) return { baseUrl: address, stop() {} };
  const raw = RAW[fault];
  if (raw !== undefined) {
    const answers = [raw];
    const { baseUrl, stop } = await rawUpstream(answers);
    const heal = (json: string) =>
      void answers.splice(0, 1, { pieces: [http('200 OK', json)], after: 'keep' });
    return { baseUrl, stop, heal };
  }
  const certificate = newAuthority().issue();
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    tls: { cert: certificate.pem, key: certificate.keyPem },
    fetch: () => new Response('never'),
  });
  return { baseUrl: `https://127.0.0.1:${server.port}/v1`, stop: () => void server.stop(true) };
}
