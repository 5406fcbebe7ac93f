// Answers with pictures beside their text, asked for in Chat and in Gemini format.

import { expect, test } from 'bun:test';
import type { FormatId } from '../../src/canonical/part.ts';
import type { CanonicalRequest } from '../../src/canonical/request.ts';
import { googleGenerateContent } from '../../src/formats/google-generate-content/index.ts';
import { FORMATS } from '../../src/formats/index.ts';
import { openaiChat } from '../../src/formats/openai-chat/index.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { ableTarget } from '../laws/law-3-round-trip.ts';
import { faultOf } from '../support/fault-of.ts';

const fromChat = (modalities: string[]): CanonicalRequest =>
  openaiChat.decodeRequest({ model: 'm', messages: [{ role: 'user', content: 'A cat.' }], modalities }).value;
const fromGoogle = (responseModalities: string[]): CanonicalRequest => {
  const contents = [{ role: 'user', parts: [{ text: 'A cat.' }] }];
  const body: JsonObject = { contents, generationConfig: { responseModalities } };
  return googleGenerateContent.decodeRequest(body, { model: 'm', stream: false }).value;
};
const written = (request: CanonicalRequest, to: FormatId) =>
  FORMATS[to].encodeRequest(request, ableTarget(FORMATS[to]));

test('reach models of the other format that draw', () => {
  const google = written(fromChat(['image', 'text']), 'google-generate-content');
  expect(google.value.generationConfig).toEqual({ responseModalities: ['TEXT', 'IMAGE'] });
  expect(google.losses).toEqual([]);
  const chat = written(fromGoogle(['TEXT', 'IMAGE']), 'openai-chat');
  expect(chat.value.modalities).toEqual(['text', 'image']);
  expect(chat.losses).toEqual([]);
});

test.each<FormatId>(['anthropic-messages', 'openai-responses'])('are refused by name over %s', (to) => {
  expect(faultOf(() => written(fromChat(['text', 'image']), to))).toMatchObject({
    code: 'unsupported_parameter',
    param: 'modalities',
  });
  expect(faultOf(() => written(fromGoogle(['IMAGE']), to))).toMatchObject({
    param: 'generationConfig.responseModalities',
  });
});

test('do not come together with sound', () => {
  for (const ask of [() => fromChat(['audio', 'image']), () => fromGoogle(['AUDIO', 'IMAGE'])])
    expect(faultOf(ask)).toMatchObject({ code: 'unsupported_parameter' });
});

test('a plain answer asks for none', () => {
  expect(fromChat(['text']).pictures).toBeUndefined();
  expect(fromGoogle(['TEXT']).pictures).toBeUndefined();
});
