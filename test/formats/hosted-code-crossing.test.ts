// Code that one provider ran, for clients of every other format: the tool, its answer, and that answer sent back.

import { describe, expect, test } from 'bun:test';
import { unfold } from '../../src/canonical/unfold.ts';
import { anthropicMessages } from '../../src/formats/anthropic-messages/index.ts';
import type { Codec, Dress } from '../../src/formats/codec.ts';
import { googleGenerateContent } from '../../src/formats/google-generate-content/index.ts';
import { openaiChat } from '../../src/formats/openai-chat/index.ts';
import { openaiResponses } from '../../src/formats/openai-responses/index.ts';
import { asArray, asObject, type JsonObject } from '../../src/lib/json.ts';
import { parseFrames } from '../../src/lib/sse.ts';
import { PICTURE, RUNNERS, SAID } from '../support/hosted-code.ts';
import { TARGET } from './google-generate-content/target.ts';

const CODE_TOOL = { type: 'code_execution_20250825', name: 'code_execution' };

const dress = (request: JsonObject = {}): Dress => ({
  ...{ model: 'm', id: 'msg_01ab', createdS: 1, includeUsage: false, request, requestId: 'req' },
});

type From = keyof typeof RUNNERS;
const whole = (from: From, to: Codec, request?: JsonObject): JsonObject =>
  to.encodeResponse(RUNNERS[from].codec.decodeResponse(RUNNERS[from].body), dress(request));

/** The data of each event a client is streamed. */
function streamed(from: From, to: Codec, request?: JsonObject): JsonObject[] {
  const { codec, stream } = RUNNERS[from];
  const decoder = codec.streamDecoder();
  const encoder = to.streamEncoder(dress(request));
  const frames = parseFrames(Buffer.from(stream));
  const read = [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
  return parseFrames(Buffer.from(read.map((event) => encoder.push(event)).join('')))
    .filter(({ data }) => data.startsWith('{'))
    .map(({ data }) => JSON.parse(data) as JsonObject);
}

/** The blocks that a stream of Messages adds up to. */
function blocksOf(events: JsonObject[]): JsonObject[] {
  const blocks: JsonObject[] = [];
  const json: string[] = [];
  for (const { type, index, content_block, delta } of events) {
    const i = Number(index);
    if (type === 'content_block_start') blocks[i] = { ...asObject(content_block) };
    if (type !== 'content_block_delta') continue;
    const { text, partial_json } = asObject(delta);
    const block = blocks[i] ?? {};
    if (typeof text === 'string') block.text = `${block.text ?? ''}${text}`;
    if (typeof partial_json !== 'string') continue;
    json[i] = (json[i] ?? '') + partial_json;
    block.input = JSON.parse(json[i]);
  }
  return blocks;
}

describe('a client of Messages that asked for the tool', () => {
  const tools = { tools: [CODE_TOOL] };
  const id = 'srvtoolu_osiris_01ab_0';
  const blocks = (code: string, stdout: string): JsonObject[] => [
    { type: 'server_tool_use', id, name: 'code_execution', input: { code }, caller: { type: 'direct' } },
    {
      ...{ type: 'code_execution_tool_result', tool_use_id: id },
      content: { type: 'code_execution_result', stdout, stderr: '', return_code: 0, content: [] },
    },
  ];

  test.each([
    ['gpt' as const, blocks('print(sum(range(10)))', '45\n')],
    ['gemini' as const, blocks('plot()', 'drawn\n')],
  ])('gets the call and its result of %s as blocks, plain and streamed', (from, ran) => {
    const wanted = [...ran, { type: 'text', text: SAID }];
    expect(asArray(whole(from, anthropicMessages, tools).content)).toEqual(wanted);
    const events = streamed(from, anthropicMessages, tools);
    expect(blocksOf(events)).toEqual(wanted);
    const numbers = events.flatMap(({ type, index }) => (type === 'content_block_start' ? [index] : []));
    expect(numbers).toEqual([0, 1, 2]);
  });

  test('sees code that failed as such', () => {
    const parts = [
      { executableCode: { language: 'PYTHON', code: 'f(' } },
      { codeExecutionResult: { outcome: 'OUTCOME_FAILED', output: 'SyntaxError' } },
    ];
    const body = { candidates: [{ content: { parts }, finishReason: 'STOP' }] };
    const answer = anthropicMessages.encodeResponse(googleGenerateContent.decodeResponse(body), dress(tools));
    expect(asObject(asArray(answer.content)[1]).content).toMatchObject({
      ...{ stdout: '', stderr: 'SyntaxError', return_code: 1 },
    });
  });

  test('sends them back to Anthropic as text, since it never made them', () => {
    const content = asArray(whole('gemini', anthropicMessages, tools).content);
    const body = { model: 'm', messages: [{ role: 'assistant', content }] };
    const { value, losses } = anthropicMessages.showSeals?.(body, (seal) => seal) ?? {
      value: {},
      losses: [],
    };
    const [code, printed, said] = asArray(asObject(asArray(value.messages)[0]).content);
    expect([code, printed, said]).toEqual([
      { type: 'text', text: '```python\nplot()\n```' },
      { type: 'text', text: '```\ndrawn\n\n```'.replace('\n\n', '\n') },
      { type: 'text', text: SAID },
    ]);
    expect(losses.map(({ path }) => path)).toEqual(['messages[0].content[0]', 'messages[0].content[1]']);
  });

  test('that sends Anthropic’s own back changes nothing', () => {
    const body = { messages: [{ role: 'assistant', content: RUNNERS.claude.body.content ?? [] }] };
    expect(anthropicMessages.showSeals?.(body, (seal) => seal).value).toBe(body);
  });
});

describe('a client of Responses', () => {
  const item = {
    ...{ type: 'code_interpreter_call', status: 'completed', container_id: '', code: 'ls' },
    outputs: [
      { type: 'logs', logs: 'a.csv\nb.csv\n' },
      { type: 'logs', logs: '[file file_011]' },
    ],
  };

  test('gets code, output and files of Claude as one item, plain and streamed', () => {
    const output = asArray(whole('claude', openaiResponses).output);
    expect(output).toMatchObject([item, { type: 'message', content: [{ text: SAID }] }]);
    const events = streamed('claude', openaiResponses);
    expect(asArray(asObject(events.at(-1)?.response).output)).toEqual(output);
    const steps = events.filter(({ output_index }) => output_index === 0).map(({ type }) => String(type));
    expect(steps.map((step) => step.replace('response.', ''))).toEqual([
      'output_item.added',
      'code_interpreter_call.in_progress',
      'code_interpreter_call_code.delta',
      'code_interpreter_call_code.done',
      'code_interpreter_call.interpreting',
      'code_interpreter_call.completed',
      'output_item.done',
    ]);
  });

  test('gets a picture among the outputs of the code that drew it', () => {
    const [ran] = asArray(whole('gemini', openaiResponses).output);
    expect(ran).toMatchObject({
      outputs: [
        { type: 'logs', logs: 'drawn\n' },
        { type: 'image', url: `data:image/png;base64,${PICTURE}` },
      ],
    });
    const last = streamed('gemini', openaiResponses).at(-1);
    expect(asArray(asObject(last?.response).output)[0]).toEqual(ran ?? null);
  });

  test('gets a picture that no code drew as an item of its own', () => {
    const parts = [{ text: 'Here:' }, { inlineData: { mimeType: 'image/png', data: PICTURE } }];
    const body = { candidates: [{ content: { parts }, finishReason: 'STOP' }] };
    const answer = openaiResponses.encodeResponse(googleGenerateContent.decodeResponse(body), dress());
    expect(asArray(answer.output)[1]).toMatchObject({
      ...{ type: 'image_generation_call', status: 'completed', result: PICTURE },
      id: expect.stringMatching(/^ig_/),
    });
  });
});

describe('a client of Chat', () => {
  const pictures = [{ type: 'image_url', image_url: { url: `data:image/png;base64,${PICTURE}` } }];
  test.each([
    ['claude' as const, '```bash\nls\n```\n\n```\na.csv\nb.csv\n```\n\n[file file_011]', undefined],
    ['gpt' as const, '```python\nprint(sum(range(10)))\n```\n\n```\n45\n```', pictures],
    ['gemini' as const, '```python\nplot()\n```\n\n```\ndrawn\n```', pictures],
  ])('reads fenced text of %s and sees its pictures, plain and streamed', (from, ran, images) => {
    const { message } = asObject(asArray(whole(from, openaiChat).choices)[0]);
    expect(asObject(message).content).toBe(`${ran}\n\n${SAID}`);
    expect(asObject(message).images).toEqual(images);
    const deltas = streamed(from, openaiChat).map(({ choices }) =>
      asObject(asObject(asArray(choices)[0]).delta),
    );
    expect(deltas.map(({ content }) => content ?? '').join('')).toBe(`${ran}\n\n${SAID}`);
    expect(deltas.flatMap(({ images: shown }) => asArray(shown))).toEqual(images ?? []);
  });
});

describe('a client of Gemini', () => {
  const parts = {
    claude: [
      { executableCode: { language: 'LANGUAGE_UNSPECIFIED', code: 'ls' } },
      { codeExecutionResult: { outcome: 'OUTCOME_OK', output: 'a.csv\nb.csv\n\n[file file_011]' } },
      { text: SAID },
    ],
    gpt: [
      { executableCode: { language: 'PYTHON', code: 'print(sum(range(10)))' } },
      { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '45\n' } },
      { inlineData: { mimeType: 'image/png', data: PICTURE } },
      { text: SAID },
    ],
  };
  test.each(['claude', 'gpt'] as const)('gets the parts for what %s ran, plain and streamed', (from) => {
    const partsOf = (body: JsonObject) =>
      asArray(asObject(asObject(asArray(body.candidates)[0]).content).parts);
    expect(partsOf(whole(from, googleGenerateContent))).toEqual(parts[from]);
    const pieces = streamed(from, googleGenerateContent).flatMap(partsOf);
    expect(pieces.filter((part) => asObject(part).text !== '')).toEqual(parts[from]);
  });
});

describe('the tool', () => {
  const ask = (from: Codec, to: Codec, body: JsonObject, target = TARGET) => {
    const { value, losses } = from.decodeRequest({ model: 'm', ...body });
    const written = to.encodeRequest(value, target);
    const { tools, include } = written.value;
    return { tools, include, losses: [...losses, ...written.losses].map(({ path }) => path) };
  };
  const messages = [{ role: 'user', content: 'Add.' }];
  const claude = { messages, tools: [CODE_TOOL] };
  const gpt = (container: JsonObject) => ({
    input: 'Add.',
    tools: [{ type: 'code_interpreter', container }],
  });
  const gemini = { contents: [{ parts: [{ text: 'Add.' }] }], tools: [{ codeExecution: {} }] };
  const asked = [{ type: 'code_interpreter', container: { type: 'auto' } }];

  test('is asked of OpenAI with what it printed', () => {
    for (const [from, body] of [
      [anthropicMessages, claude],
      [googleGenerateContent, gemini],
    ] as const) {
      const { tools, include, losses } = ask(from, openaiResponses, body);
      expect(tools).toEqual(asked);
      expect(include).toContain('code_interpreter_call.outputs');
      expect(losses).toEqual([]);
    }
  });

  test('is asked of xAI without a container', () => {
    const { tools, include } = ask(anthropicMessages, openaiResponses, claude, { ...TARGET, search: 'xai' });
    expect(tools).toEqual([{ type: 'code_interpreter' }]);
    expect(include ?? []).not.toContain('code_interpreter_call.outputs');
  });

  test('is asked of Anthropic, and a container with files is named as lost', () => {
    expect(ask(googleGenerateContent, anthropicMessages, gemini).tools).toEqual([CODE_TOOL]);
    const { tools, losses } = ask(openaiResponses, anthropicMessages, gpt({ type: 'auto', file_ids: ['f'] }));
    expect(tools).toEqual([CODE_TOOL]);
    expect(losses).toEqual(['tools[0].container.file_ids']);
  });

  test.each([
    ['Gemini', googleGenerateContent, gemini],
    ['Responses', openaiResponses, gpt({ type: 'auto' })],
    ['Messages', anthropicMessages, claude],
  ])('of %s is refused on Chat, which has none', (_name, from, body) => {
    expect(() => ask(from, openaiChat, body)).toThrow(/`tools\[0\].*runs code.*choose a model of/);
  });

  test('is refused where the provider is known not to run code', () => {
    for (const to of [anthropicMessages, googleGenerateContent])
      expect(() => ask(openaiResponses, to, gpt({ type: 'auto' }), { ...TARGET, runsCode: false })).toThrow(
        /runs code/,
      );
  });

  test('that reads pages for Gemini is Anthropic’s own', () => {
    const pages = { ...gemini, tools: [{ urlContext: {} }] };
    expect(ask(googleGenerateContent, anthropicMessages, pages).tools).toEqual([
      { type: 'web_fetch_20250910', name: 'web_fetch' },
    ]);
  });
});

test('the pages that Claude read are named for a client of Gemini, plain and streamed', () => {
  const blocks: JsonObject[] = [
    { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_fetch', input: { url: 'https://a.example/' } },
    {
      ...{ type: 'web_fetch_tool_result', tool_use_id: 'srvtoolu_1' },
      content: { type: 'web_fetch_result', url: 'https://a.example/', content: { type: 'document' } },
    },
    { type: 'text', text: SAID },
  ];
  const read = anthropicMessages.decodeResponse({ content: blocks, stop_reason: 'end_turn' });
  const urlMetadata = [
    { retrievedUrl: 'https://a.example/', urlRetrievalStatus: 'URL_RETRIEVAL_STATUS_SUCCESS' },
  ];
  const plain = googleGenerateContent.encodeResponse(read, dress());
  expect(asArray(plain.candidates)).toMatchObject([{ urlContextMetadata: { urlMetadata } }]);
  const encoder = googleGenerateContent.streamEncoder(dress());
  const wire = unfold(read).map((event) => encoder.push(event));
  const last = parseFrames(Buffer.from(wire.join(''))).at(-1);
  expect(JSON.parse(last?.data ?? '{}').candidates).toMatchObject([{ urlContextMetadata: { urlMetadata } }]);
});

describe('history', () => {
  const turn = (codec: Codec, body: JsonObject, to: Codec) => {
    const { value } = codec.decodeRequest({ model: 'm', ...body });
    return to.encodeRequest(value, TARGET);
  };
  const claude = (more: JsonObject = {}) => ({
    messages: [
      { role: 'user', content: 'Which files?' },
      { role: 'assistant', content: RUNNERS.claude.body.content ?? [] },
      { role: 'user', content: 'And now?' },
    ],
    ...more,
  });

  test('goes to Gemini as code that ran while the model may run code', () => {
    const { value, losses } = turn(anthropicMessages, claude({ tools: [CODE_TOOL] }), googleGenerateContent);
    expect(asObject(asArray(value.contents)[1]).parts).toMatchObject([
      { executableCode: { code: 'ls' } },
      { codeExecutionResult: { outcome: 'OUTCOME_OK' } },
      { text: SAID },
    ]);
    expect(losses.filter(({ path }) => path.startsWith('messages[1]'))).toHaveLength(2);
  });

  test('is text for everybody else', () => {
    const text = '```bash\nls\n```';
    expect(
      asObject(asArray(turn(anthropicMessages, claude(), googleGenerateContent).value.contents)[1]).parts,
    ).toMatchObject([{ text }, { text: '```\na.csv\nb.csv\n```\n\n[file file_011]' }, { text: SAID }]);
    expect(JSON.stringify(turn(anthropicMessages, claude(), openaiResponses).value.input)).toContain(
      JSON.stringify(text).slice(1, -1),
    );
    expect(JSON.stringify(turn(anthropicMessages, claude(), openaiChat).value.messages)).toContain(
      JSON.stringify(text).slice(1, -1),
    );
    const input = [{ role: 'user', content: 'Add.' }, ...asArray(RUNNERS.gpt.body.output)];
    const { value, losses } = turn(openaiResponses, { input }, anthropicMessages);
    expect(JSON.stringify(value.messages)).toContain('print(sum(range(10)))');
    expect(losses.map(({ path }) => path)).toContain('input[1]');
  });
});
