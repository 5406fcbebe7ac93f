// Credentials of providers: how they are read, and that they are known for what may not stand in the journal.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a variable in the configuration file is written like this.

import { expect, test } from 'bun:test';
import { credentialsOf } from '../../src/config/credentials.ts';
import { accepted, loadText, refused } from '../support/config-file.ts';

test('a header is a secret as a whole, and so is a long word of it by itself', () => {
  const config = accepted(
    loadText(
      JSON.stringify({
        providers: {
          house: {
            base_url: 'http://127.0.0.1:9/v1',
            format: 'openai-chat',
            api_key: 'a-key-of-ours',
            headers: { 'x-gate': 'Bearer a-token-of-the-gate', 'x-pin': '12345678', 'x-mode': 'fast' },
          },
        },
      }),
    ),
  );
  expect(credentialsOf(config)).toEqual([
    'Bearer a-token-of-the-gate',
    'a-token-of-the-gate',
    'a-key-of-ours',
    '12345678',
  ]);
});

test('a key may stand in the quotes that an --env-file hands on, and must do for a header', () => {
  const credentialsIn = (text: string, key: string) =>
    accepted(loadText(text, { OPENAI_API_KEY: key })).providers.get('openai')?.credentials;
  for (const file of [
    '',
    'providers: { openai: }',
    'providers: { openai: { api_key: "${OPENAI_API_KEY}" } }',
  ]) {
    expect(credentialsIn(file, '"sk-quoted"')).toEqual(['sk-quoted']);
    expect(credentialsIn(file, "'sk-quoted' ")).toEqual(['sk-quoted']);
  }
  expect(refused(loadText('providers: { openai: }', { OPENAI_API_KEY: '“sk-typographic”' }))).toMatchObject([
    { path: 'providers.openai', message: expect.stringContaining('OPENAI_API_KEY') },
  ]);
});
