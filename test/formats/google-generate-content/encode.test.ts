// Requests written for Google: turns, seals, results, media, and what older models refuse.

import { describe, expect, test } from 'bun:test';
import { Fault } from '../../../src/canonical/fault.ts';
import type { Message, Part } from '../../../src/canonical/part.ts';
import type { CanonicalRequest } from '../../../src/canonical/request.ts';
import type { Target } from '../../../src/formats/codec.ts';
import { fitRequest } from '../../../src/formats/fit-request.ts';
import { googleGenerateContent as codec } from '../../../src/formats/google-generate-content/index.ts';
import { openaiChat } from '../../../src/formats/openai-chat/index.ts';
import { asArray, asObject } from '../../../src/lib/json.ts';
import { call, config, contents, OLD, requestWith, result, TARGET, text, user, write } from './target.ts';

describe('turns', () => {
  test('instructions in front are the system’s, later ones tagged text of the user', () => {
    const { value, losses } = write({
      messages: [
        { role: 'system', parts: [text('Be brief.')] },
        user('Hi'),
        { role: 'assistant', parts: [text('Hello.')] },
        { role: 'developer', parts: [text('Now rhyme.')], at: 'messages[3]' },
        user('Go'),
      ],
    });
    expect(value.systemInstruction).toEqual({ parts: [{ text: 'Be brief.' }] });
    expect(asArray(value.contents).at(-1)).toEqual({
      role: 'user',
      parts: [{ text: '<system-note>\nNow rhyme.\n</system-note>' }, { text: 'Go' }],
    });
    expect(losses).toMatchObject([{ path: 'messages[3]', action: 'moved' }]);
  });

  test('Gemma knows no instructions, so the user says them first', () => {
    const { value } = write(
      { messages: [{ role: 'system', parts: [text('Be brief.')] }, user('Hi')] },
      { model: 'gemma-3-27b-it', thinking: 'none' },
    );
    expect(value.systemInstruction).toBeUndefined();
    expect(value.contents).toEqual([{ role: 'user', parts: [{ text: 'Be brief.' }, { text: 'Hi' }] }]);
  });

  test('alternate: neighbours are merged, empty texts left out, results stand in front of words', () => {
    const merged = contents([
      user('a'),
      user('b'),
      { role: 'assistant', parts: [text(''), call('c1'), call('c2', 'g')] },
      { role: 'tool', parts: [result('c1', [text('one')])] },
      user('and?'),
      { role: 'tool', parts: [result('c2', [text('two')])] },
    ]);
    expect(merged.map((content) => content.role)).toEqual(['user', 'model', 'user']);
    expect(merged[2]?.parts).toEqual([
      { functionResponse: { id: 'c1', name: 'f', response: { result: 'one' } } },
      { functionResponse: { id: 'c2', name: 'g', response: { result: 'two' } } },
      { text: 'and?' },
    ]);
  });

  test('begin with the user', () => {
    expect(contents([{ role: 'assistant', parts: [text('Hello.')] }])[0]).toEqual({
      role: 'user',
      parts: [{ text: 'Go on.' }],
    });
  });
});

describe('a seal', () => {
  const seal = { issuer: 'google', data: 'sig' };
  const own: Part = { kind: 'reasoning', summary: ['Hm.'], content: [], seal };
  const hidden: Part = { kind: 'reasoning', redacted: true, summary: [], content: [], seal };
  const model = (...parts: Part[]) => contents([user('Hi'), { role: 'assistant', parts }], OLD)[1]?.parts;

  test('goes back on the part it came with', () => {
    expect(model(own, call('c'))).toEqual([
      { text: 'Hm.', thought: true },
      { functionCall: { id: 'c', name: 'f', args: {} }, thoughtSignature: 'sig' },
    ]);
    expect(model(text('a'), hidden, text('b'))).toEqual([
      { text: 'a' },
      { text: 'b', thoughtSignature: 'sig' },
    ]);
    expect(model(text('a'), hidden)).toEqual([{ text: 'a' }, { text: '', thoughtSignature: 'sig' }]);
  });

  test('of another issuer never goes there, and the loss is named', () => {
    const foreign: Part = {
      ...own,
      seal: { issuer: 'anthropic', data: 'secret' },
      at: 'messages[1].content[0]',
    };
    const { value, losses } = write({
      messages: [user('Hi'), { role: 'assistant', parts: [foreign, text('a')] }],
    });
    expect(JSON.stringify(value)).not.toMatch(/secret|Hm\./);
    expect(losses).toMatchObject([{ path: 'messages[1].content[0]', action: 'dropped' }]);
  });

  test('that was lost is said to be: the first call of a step at models that insist, nowhere else', () => {
    const history = [user('Hi'), { role: 'assistant' as const, parts: [call('c1'), call('c2')] }];
    const marks = (target: Partial<Target>) =>
      asArray(contents(history, target)[1]?.parts).map((part) => asObject(part).thoughtSignature);
    expect(marks({})).toEqual(['skip_thought_signature_validator', undefined as never]);
    expect(marks(OLD)).toEqual([undefined as never, undefined as never]);
    expect(marks({ thinking: 'none' })).toEqual([undefined as never, undefined as never]);
  });
});

describe('a result', () => {
  const response = (part: Part) => {
    const messages: Message[] = [
      user('Hi'),
      { role: 'assistant', parts: [call('c')] },
      { role: 'tool', parts: [part] },
    ];
    return asArray(contents(messages)[2]?.parts).map((one) => asObject(asObject(one).functionResponse))[0];
  };

  test.each([
    ['sunny', false, { result: 'sunny' }],
    ['no such place', true, { error: 'no such place' }],
    ['{"c":21}', false, { c: 21 }],
    ['{"c":21}', true, { error: { c: 21 } }],
    ['{"error":"x"}', false, { result: '{"error":"x"}' }],
    ['[1]', false, { result: '[1]' }],
    ['{"a":{"$ref":"x","$defs":[]}}', false, { a: { ref: 'x', defs: [] } }],
  ])('%s, failed: %p, is %j', (words, isError, expected) => {
    expect(response(result('c', [text(words)], isError))?.response).toEqual(expected);
  });

  test('shows its pictures inside, and beside itself to models before the third generation', () => {
    const picture: Part = { kind: 'image', source: { from: 'base64', mediaType: 'image/png', data: 'AAAA' } };
    const messages: Message[] = [
      user('Hi'),
      { role: 'assistant', parts: [call('c')] },
      { role: 'tool', parts: [result('c', [text('see'), picture])] },
    ];
    const inlineData = { mimeType: 'image/png', data: 'AAAA' };
    expect(asArray(contents(messages)[2]?.parts)).toMatchObject([
      { functionResponse: { parts: [{ inlineData }] } },
    ]);
    expect(contents(messages, OLD)[2]?.parts).toEqual([
      { functionResponse: { id: 'c', name: 'f', response: { result: 'see' } } },
      { inlineData },
    ]);
  });

  test('that was never recorded says so, since Google wants one for each call', () => {
    const turns = contents([user('Hi'), { role: 'assistant', parts: [call('c')] }, user('Go on')]);
    expect(JSON.stringify(turns[2])).toContain('No result was recorded');
  });
});

test('broken arguments of history are wrapped, never sent as no object', () => {
  for (const input of ['', ' ', '{"', '[1]'])
    expect(
      contents([user('Hi'), { role: 'assistant', parts: [call('c', 'f', input)] }], OLD)[1]?.parts,
    ).toMatchObject([{ functionCall: { args: input.trim() === '' ? {} : { _raw: input } } }]);
});

describe('controls', () => {
  test('have their own names, and the model’s limits', () => {
    const sampling = {
      temperature: 1.5,
      topP: 0.5,
      topK: 3,
      seed: 1,
      stop: ['1', '2'],
      topLogprobs: 2,
    };
    const { value, losses } = write({ sampling, maxOutputTokens: 99_999, serviceTier: 'default' });
    expect(value.generationConfig).toEqual({
      maxOutputTokens: 65_536,
      temperature: 1.5,
      topP: 0.5,
      topK: 3,
      responseLogprobs: true,
      logprobs: 2,
      stopSequences: ['1', '2'],
      seed: 1,
    });
    expect(value.serviceTier).toBe('standard');
    expect(losses.map((loss) => loss.action)).toEqual(['clamped']);
  });

  test('penalties are refused by the second generation, everything by models without sampling', () => {
    const sampling = { frequencyPenalty: 1, temperature: 0.5 };
    expect(config({ sampling }, OLD)).toEqual({ temperature: 0.5 });
    expect(config({ sampling }, { sampling: false })).toEqual({});
  });

  test('more answers than one, and none at all, are refused by name', () => {
    for (const [members, param] of [
      [{ sampling: { n: 2 } }, 'n'],
      [{ maxOutputTokens: 0 }, 'max_tokens'],
    ] as const) {
      expect(() => write(members)).toThrow(Fault);
      expect(() => write(members)).toThrow(`\`${param}\``);
    }
  });

  test('a seed of more than 32 bits is cut to them, and named', () => {
    for (const [seed, sent] of [
      [7, 7],
      [-1, -1],
      [3_898_845_386, -396_121_910],
    ] as const) {
      const { value, losses } = write({ sampling: { seed } });
      expect(value.generationConfig).toEqual({ seed: sent });
      expect(losses.map(({ path }) => path)).toEqual(seed === sent ? [] : ['sampling.seed']);
    }
  });

  test('a schema of the answer travels as JSON Schema', () => {
    const output = { kind: 'schema', schema: { type: 'object', properties: {} } } as const;
    expect(config({ output })).toEqual({
      responseMimeType: 'application/json',
      responseJsonSchema: output.schema,
    });
  });

  const tools: CanonicalRequest['tools'] = [{ kind: 'function', name: 'f', schema: { type: 'object' } }];
  const outputs: NonNullable<CanonicalRequest['output']>[] = [
    { kind: 'json' },
    { kind: 'schema', schema: { type: 'object', properties: { a: { type: 'string' } } } },
  ];

  test.each(outputs)(
    'JSON beside tools is an instruction before Gemini 3, and fences are taken off: %j',
    (output) => {
      const request = requestWith({ output, tools });
      const { request: fitted, losses, changes } = fitRequest(request, { ...TARGET, ...OLD }, codec);
      const { value } = codec.encodeRequest(fitted, { ...TARGET, ...OLD });
      expect(value.generationConfig).toBeUndefined();
      expect(value.tools).toMatchObject([{ functionDeclarations: [{ name: 'f' }] }]);
      expect(JSON.stringify(value.systemInstruction)).toContain('one JSON value only');
      expect(losses).toMatchObject([{ path: 'output', action: 'changed' }]);
      expect(changes).toHaveLength(1);
      for (const [some, target] of [
        [{ output, tools }, {}],
        [{ output }, OLD],
      ] as const)
        expect(fitRequest(requestWith(some), { ...TARGET, ...target }, codec).losses).toEqual([]);
    },
  );
});

describe('tools', () => {
  const tools = (strict: boolean[]) =>
    strict.map((one, i) => ({
      kind: 'function' as const,
      name: `f${i}`,
      schema: { type: 'object' },
      strict: one,
      at: `tools[${i}]`,
    }));
  const calling = (members: Partial<CanonicalRequest>) =>
    asObject(asObject(write(members).value.toolConfig).functionCallingConfig);

  test('all strict are validated; strict among others is a loss', () => {
    expect(calling({ tools: tools([true, true]) })).toEqual({ mode: 'VALIDATED' });
    expect(calling({ tools: tools([true, false]) })).toEqual({});
    expect(write({ tools: tools([true, false]) }).losses).toMatchObject([
      { path: 'tools[0]', action: 'changed' },
    ]);
  });

  test.each([
    [{ mode: 'auto' }, { mode: 'AUTO' }],
    [{ mode: 'none' }, { mode: 'NONE' }],
    [{ mode: 'required' }, { mode: 'ANY' }],
    [
      { mode: 'one', name: 'f1', form: 'json' },
      { mode: 'ANY', allowedFunctionNames: ['f1'] },
    ],
    [
      { mode: 'subset', required: true, names: [{ name: 'f0' }, { name: 'f1' }] },
      { mode: 'ANY', allowedFunctionNames: ['f0', 'f1'] },
    ],
  ] as const)('the choice %j is %j', (toolChoice, expected) => {
    expect(calling({ tools: tools([false, false]), toolChoice: toolChoice as never })).toEqual(
      expected as never,
    );
  });

  test('Anthropic’s tool that reads pages is Google’s, and its limits are named', () => {
    const type = 'web_fetch_20250910';
    const hosted = (more: object) => {
      const raw = { format: 'anthropic-messages' as const, value: { type, name: 'web_fetch', ...more } };
      const { value, losses } = write({ tools: [{ kind: 'opaque', type, raw, at: 'tools[0]' }] });
      expect(value.tools).toEqual([{ urlContext: {} }]);
      return losses.map(({ path }) => path);
    };
    expect(hosted({})).toEqual([]);
    expect(hosted({ max_uses: 2 })).toEqual(['tools[0]']);
  });

  const search = {
    kind: 'web-search' as const,
    raw: { format: 'openai-responses' as const, value: { type: 'web_search' } },
    at: 'tools[9]',
  };

  test('Google’s own stand beside functions where the model takes both, and are said to', () => {
    const { value, losses } = write({ tools: [...tools([false]), search], toolChoice: { mode: 'auto' } });
    expect(value.tools).toMatchObject([{ functionDeclarations: [{ name: 'f0' }] }, { googleSearch: {} }]);
    expect(value.toolConfig).toEqual({
      functionCallingConfig: { mode: 'AUTO' },
      includeServerSideToolInvocations: true,
    });
    expect(losses).toEqual([]);
  });

  test.each([OLD, { refuses: ['includeServerSideToolInvocations'] }])(
    'where it takes one of both (%j) the functions stay, and a search that must be had is refused',
    (target) => {
      const { value, losses } = write({ tools: [...tools([false]), search] }, target);
      expect(value.tools).toMatchObject([{ functionDeclarations: [{ name: 'f0' }] }]);
      expect(value.toolConfig).toBeUndefined();
      expect(losses).toMatchObject([{ path: 'tools[9]', action: 'dropped' }]);
      expect(write({ tools: [search] }, target).value.tools).toEqual([{ googleSearch: {} }]);
      const must = { ...search, at: 'web_search' };
      expect(() => write({ tools: [...tools([false]), must] }, target)).toThrow('`web_search`');
    },
  );

  test('a choice among Google’s own alone is no config, and none leaves them out', () => {
    const choose = (toolChoice: NonNullable<CanonicalRequest['toolChoice']>) =>
      write({ tools: [search], toolChoice });
    expect(choose({ mode: 'auto' })).toMatchObject({ value: { tools: [{ googleSearch: {} }] }, losses: [] });
    expect(choose({ mode: 'auto' }).value.toolConfig).toBeUndefined();
    const forced = choose({ mode: 'required' });
    expect(forced.value.toolConfig).toBeUndefined();
    expect(forced.losses).toMatchObject([{ path: 'toolChoice', action: 'changed' }]);
    const none = choose({ mode: 'none' });
    expect(none.value.tools).toBeUndefined();
    expect(none.losses.map(({ path }) => path)).toEqual(['tools[9]', 'toolChoice']);
  });

  test('hosted ones of others are refused by the place the client wrote them at', () => {
    const raw = { format: 'openai-responses' as const, value: { type: 'file_search' } };
    const tool = { kind: 'opaque' as const, type: 'file_search', raw, at: 'tools[0]' };
    expect(() => write({ tools: [tool] })).toThrow('`tools[0]`');
  });
});

test('a picture from the web is named by its address, with the type it ends in', () => {
  const { value } = openaiChat.decodeRequest({
    model: 'm',
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'https://e.com/a.PNG?x=1' } },
          { type: 'image_url', image_url: { url: 'https://e.com/b' } },
        ],
      },
    ],
  });
  expect(asArray(codec.encodeRequest(value, TARGET).value.contents)).toMatchObject([
    {
      parts: [
        { fileData: { mimeType: 'image/png', fileUri: 'https://e.com/a.PNG?x=1' } },
        { fileData: { fileUri: 'https://e.com/b' } },
      ],
    },
  ]);
});

test('a picture called image/jpg has the name that Google knows', () => {
  const source = { from: 'base64', mediaType: 'image/jpg', data: '/9j/' } as const;
  const { value } = write({ messages: [{ role: 'user', parts: [{ kind: 'image', source }] }] });
  expect(JSON.stringify(value.contents)).toContain('"mimeType":"image/jpeg"');
});

test('a picture that Google would not fetch is refused by its place', () => {
  const { value } = openaiChat.decodeRequest({
    model: 'm',
    messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'http://e.com/a.png' } }] }],
  });
  expect(() => codec.encodeRequest(value, TARGET)).toThrow('`messages[0].content[0]`');
});

test('instructions alone get a neutral turn behind them, since Google wants one', () => {
  const { value, losses } = write({
    messages: [{ role: 'system', parts: [{ kind: 'text', text: 'Greet.' }] }],
  });
  expect(value).toMatchObject({
    systemInstruction: { parts: [{ text: 'Greet.' }] },
    contents: [{ role: 'user', parts: [{ text: 'Go on.' }] }],
  });
  expect(losses.map(({ path }) => path)).toEqual(['messages']);
});
