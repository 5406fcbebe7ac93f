// Embeddings as numbers and as base64, and one made of the other.

import { describe, expect, test } from 'bun:test';
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
    ['', 'float'],
  ];

  test.each(KEPT)('%s as %s', (text, form) => {
    const bytes = bytesOf(text);
    expect(inForm(bytes, form)).toBe(bytes);
  });
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
});
