// Requests of Gemini clients, read: turns, ids, seals, both spellings, controls, refusals.

import { describe, expect, test } from 'bun:test';
import { Fault } from '../../../src/canonical/fault.ts';
import { checkBody } from '../../../src/formats/check.ts';
import {
  googleGenerateContent as codec,
  readOperation,
} from '../../../src/formats/google-generate-content/index.ts';
import type { JsonObject } from '../../../src/lib/json.ts';

const read = (members: JsonObject) =>
  codec.decodeRequest(
    { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }], ...members },
    { model: 'gemini', stream: true },
  );
const turns = (...contents: JsonObject[]) => read({ contents }).value.messages;
const faultOf = (act: () => unknown) => {
  try {
    act();
  } catch (fault) {
    if (fault instanceof Fault) return [fault.code, fault.param];
    throw fault;
  }
  return undefined;
};

describe('an address', () => {
  test.each([
    ['/models/gemini-2.5-pro:generateContent', 'gemini-2.5-pro', 'generateContent'],
    ['/models/models/gemini:countTokens', 'gemini', 'countTokens'],
    ['/models/anthropic/claude-opus-4.6:generateContent', 'anthropic/claude-opus-4.6', 'generateContent'],
    [
      '/models/anthropic%2Fclaude%20x:streamGenerateContent?alt=sse',
      'anthropic/claude x',
      'streamGenerateContent',
    ],
    ['/models/llama3:8b:generateContent', 'llama3:8b', 'generateContent'],
    ['/models/100%:generateContent', '100%', 'generateContent'],
  ])('%s is %s, %s', (path, model, operation) => {
    expect(readOperation(path)).toEqual({ model, operation });
  });

  test('is written so that it can be read again', () => {
    for (const model of ['gemini-2.5-pro', 'a/b c', 'x:y', 'tunedModels/mine'])
      for (const stream of [true, false])
        expect(codec.readPath?.(codec.path({ model, stream }))).toEqual({ model, stream });
    expect(codec.path({ model: 'm', stream: true })).toBe('/models/m:streamGenerateContent?alt=sse');
  });

  test('is where model and stream come from', () => {
    expect(read({}).value).toMatchObject({ model: 'gemini', stream: true });
  });
});

test('both spellings of Google are one request', () => {
  const camel = {
    systemInstruction: { parts: [{ text: 'Be brief.' }] },
    generationConfig: { maxOutputTokens: 9, stopSequences: ['x'], thinkingConfig: { thinkingBudget: 5 } },
    contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }] }],
    tools: [{ functionDeclarations: [{ name: 'f', parameters: { type: 'OBJECT' } }] }],
    toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
  };
  const snake = JSON.parse(
    JSON.stringify(camel).replace(/"([a-z]+[A-Z]\w*)":/g, (whole) =>
      whole.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    ),
  ) as JsonObject;
  expect(Object.keys(snake)).toContain('system_instruction');
  expect(read(snake)).toEqual(read(camel));
  expect(read(snake).losses).toEqual([]);
});

test('a lone object stands for a list of one, as Google’s own examples write it', () => {
  const body = {
    contents: { parts: { text: 'Hi' } },
    system_instruction: { parts: { text: 'Be brief.' } },
    tools: { google_search: {} },
  };
  checkBody('google-generate-content', body);
  expect(codec.decodeRequest(body).value.tools).toMatchObject([
    { kind: 'web-search', at: 'tools.googleSearch' },
  ]);
  expect(codec.decodeRequest(body).value.messages).toEqual([
    {
      role: 'system',
      parts: [{ kind: 'text', text: 'Be brief.', at: 'systemInstruction.parts.text' }],
      at: 'systemInstruction',
    },
    { role: 'user', parts: [{ kind: 'text', text: 'Hi', at: 'contents.parts.text' }], at: 'contents' },
  ]);
});

describe('contents', () => {
  test('of the model in a row are one turn: streams are recorded piece by piece', () => {
    const [, assistant, ...rest] = turns(
      { role: 'user', parts: [{ text: 'Hi' }] },
      { role: 'model', parts: [{ text: 'I th', thought: true }] },
      { role: 'model', parts: [{ text: 'ink.', thought: true }] },
      { role: 'model', parts: [{ functionCall: { name: 'f', args: {} }, thoughtSignature: 's' }] },
    );
    expect(rest).toEqual([]);
    expect(assistant?.parts).toMatchObject([
      { kind: 'reasoning', summary: ['I think.'], seal: { issuer: 'google', data: 's' } },
      { kind: 'tool-call', name: 'f' },
    ]);
  });

  test('pair results with calls by name and order where nobody gave ids', () => {
    const calls = ['f', 'g', 'f'].map((name) => ({ functionCall: { name, args: {} } }));
    const results = ['f', 'f', 'g'].map((name, i) => ({
      functionResponse: { name, response: { output: `${name}${i}` } },
    }));
    const [, assistant, tool] = turns(
      { role: 'user', parts: [{ text: 'Hi' }] },
      { role: 'model', parts: calls },
      { role: 'user', parts: results },
    );
    const ids = (assistant?.parts ?? []).map((part) => (part.kind === 'tool-call' ? part.id : ''));
    expect(new Set(ids).size).toBe(3);
    const answers = (tool?.parts ?? []).map((part) => (part.kind === 'tool-result' ? part.callId : ''));
    expect(answers).toEqual([ids[0] ?? '', ids[2] ?? '', ids[1] ?? '']);
  });

  test.each([
    [{ result: 'sunny' }, 'sunny', false],
    [{ output: 'sunny' }, 'sunny', false],
    [{ error: 'no such place' }, 'no such place', true],
    [{ output: { c: 21 } }, '{"c":21}', false],
    [{ c: 21, error: 'x' }, '{"c":21,"error":"x"}', false],
    [{}, '', false],
  ])('the result %j says %j', (response, text, isError) => {
    const [tool] = turns({ role: 'user', parts: [{ functionResponse: { name: 'f', response } }] });
    expect(tool).toMatchObject({ role: 'tool', parts: [{ isError }] });
    const [part] = tool?.parts ?? [];
    expect(part?.kind === 'tool-result' ? part.content : []).toMatchObject(text === '' ? [] : [{ text }]);
  });

  test('hold pictures, sound and documents by their media type, files of Google’s store as its own', () => {
    const [user] = turns({
      parts: [
        { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
        { inlineData: { mimeType: 'audio/wav', data: 'AAAA' } },
        { inlineData: { mimeType: 'application/pdf', data: 'AAAA', displayName: 'a.pdf' } },
        { fileData: { mimeType: 'image/png', fileUri: 'https://e.com/a.png' } },
        { fileData: { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/abc' } },
      ],
    });
    expect(user?.parts).toMatchObject([
      { kind: 'image', source: { from: 'base64' } },
      { kind: 'audio' },
      { kind: 'file', title: 'a.pdf' },
      { kind: 'image', source: { from: 'url', url: 'https://e.com/a.png' } },
      { kind: 'file', source: { from: 'file-id', format: 'google-generate-content' } },
    ]);
  });
});

test('Google’s own dialect of schemas becomes JSON Schema', () => {
  const parameters = {
    type: 'OBJECT',
    properties: {
      type: { type: 'STRING', nullable: true, enum: ['a'] },
      list: { type: 'ARRAY', minItems: '2', items: { anyOf: [{ type: 'INTEGER' }, { type: 'NUMBER' }] } },
    },
  };
  const [tool] = read({ tools: [{ functionDeclarations: [{ name: 'f', parameters }] }] }).value.tools;
  expect(tool).toMatchObject({
    schema: {
      type: 'object',
      properties: {
        type: { type: ['string', 'null'], enum: ['a', null] },
        list: { type: 'array', minItems: 2, items: { anyOf: [{ type: 'integer' }, { type: 'number' }] } },
      },
    },
  });
});

describe('thinking', () => {
  test.each([
    [{ thinkingBudget: 0 }, { mode: 'off' }],
    [{ thinkingBudget: -1 }, { mode: 'auto' }],
    [{ thinkingBudget: 512 }, { mode: 'on', budgetTokens: 512 }],
    [
      { thinkingLevel: 'HIGH', includeThoughts: true },
      { effort: 'high', summary: 'auto' },
    ],
    [
      { thinkingLevel: 'minimal', includeThoughts: false },
      { effort: 'minimal', summary: 'none' },
    ],
  ])('%j reads as %j', (thinkingConfig, reasoning) => {
    expect(read({ generationConfig: { thinkingConfig } }).value.reasoning).toEqual(reasoning as never);
  });
});

test('what has no counterpart is named where the client wrote it', () => {
  const { losses } = read({
    safetySettings: [],
    generationConfig: { speechConfig: {}, x_new: 1 },
    contents: [{ parts: [{ text: 'x', videoMetadata: {} }] }],
    tools: [{ functionDeclarations: [{ name: 'f', behavior: 'BLOCKING' }] }],
  });
  expect(losses.map((loss) => loss.path)).toEqual([
    'safetySettings',
    'contents[0].parts[0].videoMetadata',
    'tools[0].functionDeclarations[0].behavior',
    'generationConfig.speechConfig',
    'generationConfig.x_new',
  ]);
});

test('what would change the answer is refused by name', () => {
  const cases: [JsonObject, string][] = [
    [{ cachedContent: 'cachedContents/x' }, 'cachedContent'],
    [{ generationConfig: { responseModalities: ['TEXT', 'VIDEO'] } }, 'generationConfig.responseModalities'],
    [{ generationConfig: { responseMimeType: 'application/xml' } }, 'generationConfig.responseMimeType'],
  ];
  for (const [members, param] of cases)
    expect(faultOf(() => read(members))).toEqual(['unsupported_parameter', param]);
});

describe('the wire schema', () => {
  const check = (body: JsonObject) => faultOf(() => checkBody('google-generate-content', body));
  const contents = [{ parts: [{ text: 'x' }] }];

  test('takes members it does not know, null for not set, and a text as instruction', () => {
    for (const more of [{ x_new: 1 }, { tools: null }, { systemInstruction: 'Be brief.' }])
      expect(check({ contents, ...more })).toBeUndefined();
  });

  test.each([
    [{}, 'missing_field', 'contents'],
    [{ contents: [] }, 'invalid_value', 'contents'],
    [{ contents: 'Hi' }, 'invalid_value', 'contents'],
    [{ contents: [{ parts: [{ text: 1 }] }] }, 'invalid_value', 'contents[0].parts[0].text'],
    [{ contents, generationConfig: { temperature: 'hot' } }, 'invalid_value', 'generationConfig.temperature'],
  ])('%j is %s of %s', (body, code, param) => {
    expect(check(body as JsonObject)).toEqual([code, param]);
  });
});
