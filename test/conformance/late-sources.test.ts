// Sources that a provider tells after the text they belong to has ended: carried where the client's format has a place.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { judge } from '../laws/grammar.ts';
import { type Conformance, openConformance } from '../support/conformance.ts';
import type { WireFormat } from '../support/script.ts';

let stage: Conformance;
beforeAll(async () => {
  stage = await openConformance();
});
afterAll(() => stage.stop());

const URL = 'https://weather.example/koeln';

const google = (candidate: object, members: object = {}) =>
  `data: ${JSON.stringify({ candidates: [{ index: 0, ...candidate }], responseId: 'r', ...members })}\r\n\r\n`;
const said = (...parts: object[]) => ({ content: { role: 'model', parts } });
const grounding = {
  groundingMetadata: {
    webSearchQueries: ['weather'],
    groundingChunks: [{ web: { uri: URL, title: 'Weather' } }],
    groundingSupports: [
      { segment: { startIndex: 4, endIndex: 9, text: 'rains' }, groundingChunkIndices: [0] },
    ],
  },
};
/** Text, a call, and the sources of the text with the end. */
const GOOGLE = [
  google(said({ text: '日 r' })),
  google(said({ text: 'ains.' })),
  google(said({ functionCall: { name: 'get_time', args: {} } })),
  google(
    { ...said({ text: '' }), finishReason: 'STOP', ...grounding },
    { usageMetadata: { promptTokenCount: 1 } },
  ),
];

const chunk = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const CHAT = [
  chunk({ role: 'assistant', content: '日 rains.' }),
  chunk({
    tool_calls: [
      { index: 0, id: 'call_1', type: 'function', function: { name: 'get_time', arguments: '{}' } },
    ],
  }),
  chunk({
    annotations: [
      { type: 'url_citation', url_citation: { url: URL, title: 'Weather', start_index: 2, end_index: 7 } },
    ],
  }),
  chunk({}, 'tool_calls'),
  'data: [DONE]\n\n',
];

const UPSTREAMS: [WireFormat, string[]][] = [
  ['google-generate-content', GOOGLE],
  ['openai-chat', CHAT],
];

async function told(client: WireFormat, over: WireFormat, frames: string[]) {
  stage.streamWith(frames.join(''));
  const response = await stage.ask(client, over);
  const text = await response.text();
  expect(judge(client, text)).toBe('finished');
  const values = text
    .split('\n')
    .flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice(6))] : []));
  const { data } = await (
    await fetch(`${stage.here.url}/admin/logs`, {
      headers: { authorization: `Bearer ${stage.here.adminSecret}` },
    })
  ).json();
  return { values, losses: String(data[0].losses) };
}

for (const [over, frames] of UPSTREAMS) {
  if (over !== 'openai-chat')
    test(`a Chat client of ${over} has them as annotations, at their place in the text`, async () => {
      const { values } = await told('openai-chat', over, frames);
      const annotations = values.flatMap(({ choices }) => choices[0]?.delta.annotations ?? []);
      expect(annotations).toEqual([
        {
          type: 'url_citation',
          url_citation: { start_index: 2, end_index: 7, title: 'Weather', url: URL },
        },
      ]);
    });

  test(`a Responses client of ${over} has them in the answer at the end`, async () => {
    const { values } = await told('openai-responses', over, frames);
    const [message] = values
      .at(-1)
      .response.output.filter(({ type }: { type: string }) => type === 'message');
    expect(message.content[0]).toMatchObject({
      text: '日 rains.',
      annotations: [{ type: 'url_citation', start_index: 2, end_index: 7, url: URL }],
    });
  });

  test(`an Anthropic client of ${over} cannot have them, and the journal says so`, async () => {
    const { losses } = await told('anthropic-messages', over, frames);
    expect(losses).toContain('dropped=citations');
  });
}

test('a Gemini client of Chat has them with the end', async () => {
  const { values } = await told('google-generate-content', 'openai-chat', CHAT);
  expect(values.at(-1).candidates[0].groundingMetadata).toMatchObject({
    groundingChunks: [{ web: { uri: URL, title: 'Weather' } }],
    groundingSupports: [{ segment: { partIndex: 0, startIndex: 4, endIndex: 9, text: 'rains' } }],
  });
});
