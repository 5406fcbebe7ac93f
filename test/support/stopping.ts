// Providers that stop in the middle of their answers, and a gateway before them.

import { expect } from 'bun:test';
import { type Act, at, type House, openStreet, type Street } from './houses.ts';
import type { WireFormat } from './script.ts';

export type Block = Record<string, unknown>;
type Price = Record<string, unknown>;
/** USD per million tokens. */
export const PRICE: Price = { input: 1, output: 1, per_search: 0.01 };

type Opening = { price?: Price; creditNano?: bigint };

export type Stopping = {
  street: Street;
  house: House;
  key: string;
  /** What the key was charged so far. */
  spentNano(): bigint;
  ask(format: Client, stream: boolean, members?: object): Promise<{ response: Response; text: string }>;
};

/** One model, which searches, at one provider of this format. */
export async function openStopping(
  format: 'anthropic-messages' | 'google-generate-content',
  { price = PRICE, creditNano = 1_000_000_000n }: Opening = {},
): Promise<Stopping> {
  const auth = format === 'anthropic-messages' ? 'x-api-key' : 'x-goog-api-key';
  const street = await openStreet(
    { house: 1 },
    {
      models: { m: { ...at('up', 'house'), price, capabilities: { web_search: true } } },
      routing: { retries: 2 },
    },
    { house: { format, auth } },
  );
  const house = street.houses.house ?? expect.unreachable();
  const { key, stored } = street.here.makeKey({}, { creditNano });
  const left = () => street.here.store.ledger.purse(stored.purse)?.balanceNano ?? 0n;
  return {
    ...{ street, house, key },
    spentNano: () => creditNano - left(),
    async ask(client, stream, members = {}) {
      const [path, body] = ASKED[client](stream);
      const response = await fetch(street.here.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...body, ...members }),
      });
      return { response, text: await response.text() };
    },
  };
}

export const sse = (frames: string[]) =>
  new Response(frames.join(''), { headers: { 'content-type': 'text/event-stream' } });

/** An answer of Anthropic, whole or streamed as it was asked. */
export const messages =
  (blocks: Block[], stop_reason: string, usage = { input_tokens: 1000, output_tokens: 100 }): Act =>
  ({ stream }) => {
    const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'up' };
    if (!stream) return Response.json({ ...head, content: blocks, stop_reason, stop_sequence: null, usage });
    const frame = (type: string, members: object) =>
      `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;
    return sse([
      frame('message_start', { message: { ...head, content: [], usage: { ...usage, output_tokens: 1 } } }),
      ...blocks.flatMap((block, index) => [
        frame('content_block_start', { index, content_block: beginOf(block) }),
        ...deltasOf(block).map((delta) => frame('content_block_delta', { index, delta })),
        frame('content_block_stop', { index }),
      ]),
      frame('message_delta', { delta: { stop_reason, stop_sequence: null }, usage }),
      frame('message_stop', {}),
    ]);
  };

function beginOf(block: Block): Block {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: '' };
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' };
    case 'server_tool_use':
      return { ...block, input: {} };
    default:
      return block;
  }
}

function deltasOf(block: Block): Block[] {
  switch (block.type) {
    case 'text':
      return [{ type: 'text_delta', text: block.text }];
    case 'thinking':
      return [
        { type: 'thinking_delta', thinking: block.thinking },
        { type: 'signature_delta', signature: block.signature },
      ];
    case 'server_tool_use':
      return [{ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }];
    default:
      return [];
  }
}

const THOUGHT = { type: 'thinking', thinking: 'I should look.', signature: 'sig-1' };
const LOOKS = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'noon' } };
const FOUND = {
  type: 'web_search_tool_result',
  tool_use_id: 'srvtoolu_1',
  content: [
    { type: 'web_search_result', url: 'https://sun.example', title: 'Sun', encrypted_content: 'enc-1' },
  ],
};
export const text = (said: string) => ({ type: 'text', text: said });
export const PAUSED = [THOUGHT, text('Let me see.'), LOOKS, FOUND];

/** An answer of Google in one piece; the path says there whether it is streamed, so the test does. */
export const google =
  (stream: boolean, said: string, finishReason: string, continuationToken?: string, output = 100): Act =>
  () => {
    const token = continuationToken === undefined ? {} : { continuationToken };
    const content = { role: 'model', parts: [{ text: said }] };
    const body = {
      candidates: [{ content, finishReason, index: 0, ...token }],
      usageMetadata: { promptTokenCount: 1000, candidatesTokenCount: output },
      responseId: 'r1',
    };
    return stream ? sse([`data: ${JSON.stringify(body)}\r\n\r\n`]) : Response.json(body);
  };

export type Client = Exclude<WireFormat, 'anthropic-messages'>;

/** Path and body of a question that lets the model search. */
export const ASKED: Record<Client, (stream: boolean) => [string, object]> = {
  'openai-chat': (stream) => [
    '/v1/chat/completions',
    {
      model: 'm',
      stream,
      stream_options: stream ? { include_usage: true } : undefined,
      messages: [{ role: 'user', content: 'When is noon?' }],
      web_search_options: {},
    },
  ],
  'openai-responses': (stream) => [
    '/v1/responses',
    { model: 'm', stream, input: 'When is noon?', tools: [{ type: 'web_search' }] },
  ],
  'google-generate-content': (stream) => [
    `/v1beta/models/m:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    { contents: [{ role: 'user', parts: [{ text: 'When is noon?' }] }], tools: [{ googleSearch: {} }] },
  ],
};

/** Everything that was said, in order. */
export function saidIn(format: Client, answer: string): string {
  const values = answer.startsWith('{')
    ? [JSON.parse(answer)]
    : answer.split('\n').flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice(6))] : []));
  const said = (value: Block): string => {
    switch (format) {
      case 'openai-chat': {
        const [choice] = (value.choices ?? []) as { delta?: Block; message?: Block }[];
        return String(choice?.delta?.content ?? choice?.message?.content ?? '');
      }
      case 'openai-responses': {
        if (value.type === 'response.output_text.delta') return String(value.delta);
        const items = (value.output ?? []) as { content?: { text?: string }[] }[];
        return items.flatMap((item) => (item.content ?? []).map((part) => part.text ?? '')).join('');
      }
      default: {
        const [candidate] = (value.candidates ?? []) as { content?: { parts?: Block[] } }[];
        const parts = candidate?.content?.parts ?? [];
        return parts.map((part) => (part.thought ? '' : String(part.text ?? ''))).join('');
      }
    }
  };
  return values.map(said).join('');
}

export const CLIENTS = Object.keys(ASKED) as Client[];
