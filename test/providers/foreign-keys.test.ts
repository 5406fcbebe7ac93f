// Keys that were pasted at the wrong provider are noticed, and never shown.

import { expect, test } from 'bun:test';
import { foreignKeyNotes } from '../../src/providers/foreign-keys.ts';
import { accepted, loadText } from '../support/config-file.ts';

const notes = (providers: object) =>
  foreignKeyNotes(accepted(loadText(JSON.stringify({ providers }))).providers);

test('a key of another vendor is named by its beginning alone', () => {
  const found = notes({
    openai: { api_keys: ['sk-proj-mine', 'sk-ant-api03-secret'] },
    anthropic: { api_key: 'sk-osiris-secret' },
    google: { api_key: 'gsk_secret' },
  });
  expect(found).toEqual([
    'The key of openai begins like one of Anthropic (sk-ant-…); openai will refuse it.',
    'The key of anthropic begins like one of Osiris, which its clients send (sk-osiris-…); anthropic will refuse it.',
    'The key of google begins like one of Groq (gsk_…); google will refuse it.',
  ]);
});

test('what may well be right is left alone', () => {
  const found = notes({
    openai: { api_key: 'sk-legacy' },
    anthropic: { api_key: 'sk-ant-mine' },
    openrouter: { api_key: 'sk-or-v1-mine' },
    groq: { api_key: 'sk-osiris-another-gateway', base_url: 'http://127.0.0.1:9/v1' },
    mine: { base_url: 'http://127.0.0.1:9/v1', format: 'openai-chat', api_key: 'sk-ant-mine' },
  });
  expect(found).toEqual([]);
});
