// Spoken answers between Chat and Google: the request, the voice, and the bytes of the sound.

import { describe, expect, test } from 'bun:test';
import type { CanonicalResponse } from '../../src/canonical/response.ts';
import type { Codec, Dress } from '../../src/formats/codec.ts';
import { googleGenerateContent } from '../../src/formats/google-generate-content/index.ts';
import { FORMATS } from '../../src/formats/index.ts';
import { openaiChat } from '../../src/formats/openai-chat/index.ts';
import { PCM_TYPE } from '../../src/formats/pcm.ts';
import { asArray, asObject, type JsonObject } from '../../src/lib/json.ts';
import { ableTarget } from '../laws/law-3-round-trip.ts';

const messages = [{ role: 'user', content: 'Say hello.' }];
const spoken = (audio: JsonObject, members: JsonObject = {}): JsonObject => ({
  ...{ model: 'm', messages, modalities: ['text', 'audio'], audio },
  ...members,
});
const toGoogle = (body: JsonObject) =>
  googleGenerateContent.encodeRequest(
    openaiChat.decodeRequest(body).value,
    ableTarget(googleGenerateContent),
  );
const SAMPLES = Buffer.from([1, 2, 3, 4, 5, 6]).toString('base64');

test('Chat asks Google for sound, with one of its voices', () => {
  const { value, losses } = toGoogle(spoken({ voice: 'Kore', format: 'wav' }));
  expect(value.generationConfig).toEqual({
    responseModalities: ['AUDIO'],
    speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } },
  });
  expect(losses).toMatchObject([{ path: 'modalities', action: 'changed' }]);
});

test('a voice that Google lacks is named as a loss', () => {
  const { value, losses } = toGoogle(spoken({ voice: 'alloy', format: 'pcm16' }));
  expect(value.generationConfig).toEqual({ responseModalities: ['AUDIO'] });
  expect(losses).toContainEqual(expect.objectContaining({ path: 'audio.voice', action: 'changed' }));
});

test.each([
  [{ format: 'mp3' }, false, '"wav" or "pcm16"'],
  [{ format: 'wav' }, true, '"pcm16"'],
])('a form of sound that cannot be had is refused: %j, stream %p', (audio, stream, advice) => {
  expect(() => toGoogle(spoken({ voice: 'Kore', ...audio }, { stream }))).toThrow(advice);
});

test('Google asks Chat for bare samples, and its own voice becomes a named loss', () => {
  const body = {
    contents: [{ role: 'user', parts: [{ text: 'Say hello.' }] }],
    generationConfig: {
      responseModalities: ['AUDIO'],
      speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Puck' } } },
    },
  };
  const { value: request } = googleGenerateContent.decodeRequest(body, { model: 'm', stream: false });
  const { value, losses } = openaiChat.encodeRequest(request, ableTarget(openaiChat));
  expect(value).toMatchObject({ modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'pcm16' } });
  expect(losses).toMatchObject([{ path: 'generationConfig.speechConfig.voiceConfig', action: 'changed' }]);
});

test.each(['openai-responses', 'anthropic-messages'] as const)('%s speaks to nobody', (format) => {
  const codec = FORMATS[format] as Codec;
  const { value } = openaiChat.decodeRequest(spoken({ voice: 'alloy', format: 'wav' }));
  expect(() => codec.encodeRequest(value, ableTarget(codec))).toThrow('answers in text only');
});

describe('the sound of an answer', () => {
  const dress = (audio: JsonObject): Dress => ({
    ...{ model: 'm', id: 'chatcmpl-1', createdS: 1, includeUsage: false, requestId: 'r' },
    request: spoken(audio),
  });
  const inGoogle = (...pieces: string[]): CanonicalResponse =>
    googleGenerateContent.decodeResponse({
      candidates: [
        {
          content: {
            parts: pieces.map((data) => ({ inlineData: { mimeType: PCM_TYPE, data } })),
            role: 'model',
          },
          finishReason: 'STOP',
        },
      ],
    });
  const soundOf = (body: JsonObject) =>
    Buffer.from(String(asObject(asObject(asObject(asArray(body.choices)[0]).message).audio).data), 'base64');

  test('is a WAV file where one was asked for', () => {
    const bytes = soundOf(openaiChat.encodeResponse(inGoogle(SAMPLES), dress({ format: 'wav' })));
    expect(bytes.toString('latin1', 0, 4)).toBe('RIFF');
    expect(bytes.readUInt32LE(4)).toBe(bytes.length - 8);
    expect(bytes.readUInt32LE(24)).toBe(24_000);
    expect(bytes.readUInt32LE(40)).toBe(6);
    expect(bytes.subarray(44).toString('base64')).toBe(SAMPLES);
  });

  test('is all of its pieces, bare where that was asked for', () => {
    const answer = openaiChat.encodeResponse(inGoogle(SAMPLES, SAMPLES), dress({ format: 'pcm16' }));
    expect([...soundOf(answer)]).toEqual([1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6]);
  });

  test('from Chat is told to Google clients as what its bytes are', () => {
    const told = (data: string) => {
      const message = { role: 'assistant', content: null, audio: { id: 'a', data, transcript: 'Hello.' } };
      const choice = { index: 0, message, finish_reason: 'stop' };
      const answer = openaiChat.decodeResponse({ id: 'c', choices: [choice] });
      const body = googleGenerateContent.encodeResponse(answer, dress({}));
      const [part] = asArray(asObject(asObject(asArray(body.candidates)[0]).content).parts);
      return asObject(asObject(part).inlineData).mimeType;
    };
    expect(told(SAMPLES)).toBe(PCM_TYPE);
    expect(told(Buffer.from('RIFFxxxxWAVE').toString('base64'))).toBe('audio/wav');
  });
});

describe('probabilities', () => {
  test('whose number is given are asked for', () => {
    const request = openaiChat.decodeRequest({ model: 'm', messages, top_logprobs: 3 }).value;
    expect(openaiChat.encodeRequest(request, ableTarget(openaiChat)).value).toMatchObject({
      ...{ logprobs: true, top_logprobs: 3 },
    });
    const google = googleGenerateContent.encodeRequest(request, ableTarget(googleGenerateContent)).value;
    expect(google.generationConfig).toMatchObject({ responseLogprobs: true, logprobs: 3 });
  });

  test('are a named loss where the model has none', () => {
    const codec = FORMATS['openai-responses'] as Codec;
    const request = openaiChat.decodeRequest({ model: 'm', messages, logprobs: true, top_logprobs: 3 }).value;
    const { value, losses } = codec.encodeRequest(request, { ...ableTarget(codec), sampling: false });
    expect(losses.map((loss) => loss.path)).toEqual(['logprobs', 'top_logprobs']);
    expect(JSON.stringify(value)).not.toContain('logprobs');
  });
});
