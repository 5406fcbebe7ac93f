// Embeddings as numbers and as base64, and one made of the other.

import { describe, expect, spyOn, test } from 'bun:test';
import fc from 'fast-check';
import { formWanted, inForm } from '../../../../src/formats/openai-chat/embeddings/vectors.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
/** 1, -2.5 and 0, the lowest byte first. */
const BASE64 = 'AACAPwAAIMAAAAAA';
const FLOATS = `{"object":"list","data":[{"index":0,"embedding":[1,-2.5,0]}],"usage":{"prompt_tokens":3}}`;
const PACKED = `{"object":"list","data":[{"index":0,"embedding":"${BASE64}"}],"usage":{"prompt_tokens":3}}`;

test('numbers become base64, and base64 numbers', () => {
  expect(textOf(inForm(bytesOf(FLOATS), 'base64'))).toBe(PACKED);
  expect(textOf(inForm(bytesOf(PACKED), 'float'))).toBe(FLOATS);
});

describe('the bytes stay as they came', () => {
  const KEPT: [string, 'float' | 'base64'][] = [
    [FLOATS, 'float'],
    [PACKED, 'base64'],
    ['{ "data" : [ { "embedding" : [1.50] } ] }', 'float'],
    ['{ "data" : [ { "embedding" : "AACAPw==" } ] }', 'base64'],
    ['{"data":[]}', 'base64'],
    ['{"embedding"', 'base64'],
    ['{"data":[{"embedding":null}]}', 'base64'],
    ['{"data":[{"embedding":["a"]}]}', 'base64'],
    ['{"data":[{"embedding":"AAA"}]}', 'float'],
    ['{"data":[{"embedding":""}]}', 'float'],
    // not a number, which JSON has no word for
    ['{"data":[{"embedding":"AADAfw=="}]}', 'float'],
    ['{"data":[3,{"embedding":[1', 'base64'],
    // words and broken base64 are no vector, though a lenient reader makes numbers of them
    ['{"data":[{"embedding":"not available at this time!!"}]}', 'float'],
    ['{"data":[{"embedding":"AACAPw=x"}]}', 'float'],
    ['{"data":[{"embedding":[]}]}', 'base64'],
    ['{"data":[{"embedding":[[1],[2]]}]}', 'base64'],
    ['{"data":[],"text \\"embedding":[1],"note":"\\"embedding\\":[1]"}', 'base64'],
    ['', 'float'],
  ];

  test.each(KEPT)('%s as %s', (text, form) => {
    const bytes = bytesOf(text);
    expect(inForm(bytes, form)).toBe(bytes);
  });
});

test('all that stands around them stays as it came', () => {
  const [before, after] = [
    '{ "object":"list","data":[ {"object":"embedding","n":9007199254740993,"embedding" : ',
    ' },{"embedding":null}],"created":12345678901234567890,"usage":{"x":1.0}}',
  ];
  expect(textOf(inForm(bytesOf(`${before}[1,-2.5,0]${after}`), 'base64'))).toBe(
    `${before}"${BASE64}"${after}`,
  );
  expect(textOf(inForm(bytesOf(`${before}"${BASE64}"${after}`), 'float'))).toBe(
    `${before}[1,-2.5,0]${after}`,
  );
});

test('an answer that is right already is not parsed, where each says that it is one', () => {
  const item = `{"object":"embedding","index":0,"embedding":[1,-2.5,0]}`;
  const bytes = bytesOf(`{"object":"list","data":[${item}]}`);
  const parse = spyOn(JSON, 'parse');
  try {
    expect(inForm(bytes, 'float')).toBe(bytes);
    expect(parse).not.toHaveBeenCalled();
  } finally {
    parse.mockRestore();
  }
});

test('where some are written in the other form, those become what is wanted', () => {
  const mixed = bytesOf(`{"data":[{"embedding":[1,-2.5,0]},{"embedding":"${BASE64}"}]}`);
  const all = (one: string) => `{"data":[{"embedding":${one}},{"embedding":${one}}]}`;
  expect(textOf(inForm(mixed, 'base64'))).toBe(all(`"${BASE64}"`));
  expect(textOf(inForm(mixed, 'float'))).toBe(all('[1,-2.5,0]'));
});

test('numbers are written short', () => {
  const packed = Buffer.from(new Float32Array([0.1, -0.0123456789, 25.3, 1e-20]).buffer).toString('base64');
  const text = textOf(inForm(bytesOf(`{"data":[{"embedding":"${packed}"}]}`), 'float'));
  expect(JSON.parse(text).data[0].embedding).toEqual([0.1, -0.012345679, 25.299999, 9.99999968e-21]);
});

test('no 32-bit number changes on the way there and back', () => {
  const vectors = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(vectors, (vector) => {
      const packed = inForm(bytesOf(JSON.stringify({ data: [{ embedding: vector }] })), 'base64');
      const again = JSON.parse(textOf(inForm(packed, 'float')));
      expect(again.data[0].embedding.map(Math.fround)).toEqual(vector.map((each) => Math.fround(each) || 0));
    }),
  );
});

test('numbers are what is wanted where nothing is said', () => {
  expect(formWanted({})).toBe('float');
  expect(formWanted({ encoding_format: null })).toBe('float');
  expect(formWanted({ encoding_format: 'base64' })).toBe('base64');
  // in the words of Jina
  expect(formWanted({ embedding_type: 'base64' })).toBe('base64');
  expect(formWanted({ encoding_format: 'float', embedding_type: 'base64' })).toBe('float');
});
