// What Chat clients say to Gemini only, in `extra_body.google`.

import { describe, expect, test } from 'bun:test';
import { anthropicMessages } from '../../../src/formats/anthropic-messages/index.ts';
import type { Codec } from '../../../src/formats/codec.ts';
import { fitRequest } from '../../../src/formats/fit-request.ts';
import { googleGenerateContent } from '../../../src/formats/google-generate-content/index.ts';
import { openaiChat } from '../../../src/formats/openai-chat/index.ts';
import { openaiResponses } from '../../../src/formats/openai-responses/index.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import { TARGET } from './target.ts';

const body = (google: JsonObject, members: JsonObject = {}): JsonObject => ({
  ...{ model: 'm', messages: [{ role: 'user', content: 'Go.' }], extra_body: { google } },
  ...members,
});

function write(google: JsonObject, codec: Codec, members: JsonObject = {}, model = 'gemini-2.5-flash') {
  const target = { ...TARGET, model, thinking: 'budget' as const };
  const { value, losses } = openaiChat.decodeRequest(body(google, members));
  const fitted = fitRequest(value, target, codec);
  const written = codec.encodeRequest(fitted.request, target);
  const lost = [...losses, ...fitted.losses, ...written.losses].map(({ path }) => path);
  return { value: written.value, lost };
}

const SAFETY = [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }];

describe('at a Gemini model', () => {
  test('a cached prompt, safety and the rest stand where Google has them', () => {
    const google = {
      ...{ cached_content: 'cachedContents/1', safety_settings: SAFETY, labels: { team: 'a' } },
      media_resolution: 'MEDIA_RESOLUTION_LOW',
    };
    const { value, lost } = write(google, googleGenerateContent, { temperature: 0.5 });
    expect(value).toMatchObject({
      ...{ cachedContent: 'cachedContents/1', safetySettings: SAFETY, labels: { team: 'a' } },
      generationConfig: { mediaResolution: 'MEDIA_RESOLUTION_LOW', temperature: 0.5 },
    });
    expect(lost).toEqual([]);
  });

  test('their other spelling is the same', () => {
    const { value } = write({ cachedContent: 'c', safetySettings: SAFETY }, googleGenerateContent);
    expect(value).toMatchObject({ cachedContent: 'c', safetySettings: SAFETY });
  });

  test('the thinking is asked for as it was', () => {
    const thinking_config = { thinking_budget: 800, include_thoughts: true };
    const { value, lost } = write({ thinking_config }, googleGenerateContent);
    expect(value.generationConfig).toMatchObject({
      thinkingConfig: { thinkingBudget: 800, includeThoughts: true },
    });
    expect(lost).toEqual([]);
  });

  test('a level and hidden thoughts are kept, and OpenAI’s own member wins', () => {
    const thinking_config = { thinking_level: 'HIGH', include_thoughts: false };
    const gemini3 = (members: JsonObject) =>
      openaiChat.decodeRequest(body({ thinking_config }, members)).value.reasoning;
    expect(gemini3({})).toEqual({ effort: 'high', summary: 'none' });
    expect(gemini3({ reasoning_effort: 'low' })).toEqual({ effort: 'low', summary: 'none' });
  });

  test('what nobody knows is a named loss, and a wrong type an error that says the right one', () => {
    expect(write({ mystery: 1 }, googleGenerateContent).lost).toEqual(['extra_body.google.mystery']);
    expect(() => write({ safety_settings: 'none' }, googleGenerateContent)).toThrow(
      '`extra_body.google.safety_settings` must be an array of objects.',
    );
    expect(() => write({ safety_settings: ['none'] }, googleGenerateContent)).toThrow('array of objects');
  });
});

describe.each([
  ['Messages', anthropicMessages],
  ['Responses', openaiResponses],
  ['Chat', openaiChat],
])('at a model of %s', (_, codec) => {
  test('each is a named loss', () => {
    const { value, lost } = write({ safety_settings: SAFETY, media_resolution: 'LOW' }, codec);
    expect(JSON.stringify(value)).not.toContain('HARASSMENT');
    expect(lost).toContain('extra_body.google.safety_settings');
    expect(lost).toContain('extra_body.google.media_resolution');
  });

  test('a cached prompt is refused, because its text would be missing', () => {
    expect(() => write({ cached_content: 'c' }, codec)).toThrow('`extra_body.google.cached_content`');
  });
});
