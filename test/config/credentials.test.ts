// What may not stand in the journal: credentials, and what the operator's own headers hold, as a provider may repeat it.

import { expect, test } from 'bun:test';
import { credentialsOf } from '../../src/config/credentials.ts';
import { accepted, loadText } from '../support/config-file.ts';

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
