// A provider of Chat Completions that answers well, but for keys it does not take and while it is down.

export type Provider = {
  baseUrl: string;
  /** Keys it refuses with 401. */
  badKeys: Set<string>;
  isDown: boolean;
  /** It takes calls and says nothing. */
  hangs: boolean;
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
const MESSAGE = { role: 'assistant', content: SAID, refusal: null };
export const WHOLE = JSON.stringify({
  ...HEAD,
  object: 'chat.completion',
  choices: [{ index: 0, message: MESSAGE, finish_reason: 'stop', logprobs: null }],
  usage: USAGE,
});
const frame = (members: object) =>
  `data: ${JSON.stringify({ ...HEAD, object: 'chat.completion.chunk', ...members })}\n\n`;
const choice = (delta: object, finish_reason: string | null = null) =>
  frame({ choices: [{ index: 0, delta, finish_reason }] });
const STREAM = [
  choice({ role: 'assistant', content: '' }),
  choice({ content: SAID }),
  choice({}, 'stop'),
  frame({ choices: [], usage: USAGE }),
  'data: [DONE]\n\n',
].join('');

/** Starts it on a free loopback port. */
export function startProvider(): Provider {
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const { stream } = (await request.json()) as { stream?: boolean };
      if (provider.hangs) return new Promise<Response>(() => {});
      if (provider.isDown) return Response.json({ error: { message: 'down' } }, { status: 503 });
      const key = request.headers.get('authorization')?.replace(/^bearer /i, '') ?? '';
      if (provider.badKeys.has(key))
        return Response.json({ error: { message: 'wrong key', code: 'invalid_api_key' } }, { status: 401 });
      const type = stream ? 'text/event-stream' : 'application/json';
      return new Response(stream ? STREAM : WHOLE, { headers: { 'content-type': type } });
    },
  });
  const provider: Provider = {
    baseUrl: `http://127.0.0.1:${server.port}/v1`,
    badKeys: new Set(),
    isDown: false,
    hangs: false,
    stop: () => void server.stop(true),
  };
  return provider;
}
