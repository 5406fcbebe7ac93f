// Stop texts that an upstream has no room for, or refuses, end the answer in the gateway.

import { describe, expect, test } from 'bun:test';
import type { FormatId } from '../../src/canonical/part.ts';
import type { CanonicalRequest } from '../../src/canonical/request.ts';
import type { Codec, Target } from '../../src/formats/codec.ts';
import { fitRequest } from '../../src/formats/fit-request.ts';
import { FORMATS } from '../../src/formats/index.ts';

const TARGET = {
  model: 'm',
  maxOutputTokens: undefined,
  developerRole: true,
  maxTokensField: 'max_tokens',
  midSystem: true,
  thinking: 'none',
  efforts: [],
  structuredOutput: true,
  sampling: true,
  reasoningContent: false,
} satisfies Target;

function request(stop: string[]): CanonicalRequest {
  return {
    ...{ model: 'm', stream: false, includeUsage: false, tools: [], cache: {} },
    messages: [{ role: 'user', parts: [{ kind: 'text', text: 'Hi' }] }],
    sampling: { stop },
    origin: { 'sampling.stop': 'stop_sequences' },
  };
}

/** What goes upstream, what is named, and where the gateway ends the text "one\ntwo three six". */
function fitted(to: FormatId, stop: string[], facts: Partial<Target> = {}) {
  const codec = FORMATS[to] as Codec;
  const { request: asked, losses, changes } = fitRequest(request(stop), { ...TARGET, ...facts }, codec);
  const [change] = changes.map((make) => make());
  const answer = change?.response({
    ...{ id: 'a', model: 'm', createdS: 0 },
    parts: [{ kind: 'text', text: 'one\ntwo three six' }],
    finish: { reason: 'end' },
  } as never);
  const [part] = answer?.parts ?? [];
  return {
    sent: asked.sampling.stop,
    lost: losses.map(({ path, action }) => `${action} ${path}`),
    text: part?.kind === 'text' ? part.text : undefined,
  };
}

const SIX = ['1', '2', '3', '4', '5', 'six'];
const CHANGED = ['changed stop_sequences'];

describe('stop texts', () => {
  test.each<[FormatId, string[], ReturnType<typeof fitted>]>([
    ['openai-chat', SIX, { sent: SIX.slice(0, 4), lost: CHANGED, text: 'one\ntwo three ' }],
    ['google-generate-content', SIX, { sent: SIX.slice(0, 5), lost: CHANGED, text: 'one\ntwo three ' }],
    ['openai-responses', SIX, { sent: undefined, lost: CHANGED, text: 'one\ntwo three ' }],
    ['anthropic-messages', SIX, { sent: SIX, lost: [], text: undefined }],
    // Anthropic refuses those of white space, which are the most usual of all
    ['anthropic-messages', ['\n', 'END'], { sent: ['END'], lost: CHANGED, text: 'one' }],
    ['openai-chat', ['\n', 'END'], { sent: ['\n', 'END'], lost: [], text: undefined }],
  ])('of %s: %j', (to, stop, wanted) => {
    expect(fitted(to, stop)).toEqual(wanted);
  });

  test('are all the gateway’s where the model takes none', () => {
    const wanted = { sent: undefined, lost: CHANGED, text: 'one\n' };
    expect(fitted('openai-chat', ['two'], { stop: false })).toEqual(wanted);
  });

  test('that are empty end nothing and are left out', () => {
    const dropped = { lost: ['dropped stop_sequences'], text: undefined };
    expect(fitted('google-generate-content', [''])).toEqual({ sent: undefined, ...dropped });
    expect(fitted('openai-chat', ['', 'a'])).toEqual({ sent: ['a'], ...dropped });
  });
});
