// The built-in providers are complete, distinct and found by every one of their names.

import { describe, expect, test } from 'bun:test';
import {
  BUILT_IN_PROVIDERS,
  builtInProviderNames,
  declarationOf,
  providerId,
} from '../../src/providers/index.ts';

describe('the built-in providers', () => {
  test('have names of their own, aliases included', () => {
    const names = BUILT_IN_PROVIDERS.flatMap((each) => [each.id, ...each.aliases]);
    expect(new Set(names).size).toBe(names.length);
    expect(builtInProviderNames().toSorted()).toEqual(names.toSorted());
    expect(names).not.toContain('sandbox');
  });

  test('are found by id and by alias', () => {
    expect(declarationOf('google-ai-studio')?.id).toBe('google');
    expect(declarationOf('gemini')?.id).toBe('google');
    expect(providerId('moonshotai')).toBe('moonshot');
    expect(providerId('my-vllm')).toBe('my-vllm');
    expect(declarationOf('toString')).toBeUndefined();
  });

  for (const provider of BUILT_IN_PROVIDERS) {
    test(`${provider.id} says what is needed to call it`, () => {
      const url = new URL(provider.baseUrl);
      const local = url.hostname === '127.0.0.1';
      expect(url.protocol).toBe(local ? 'http:' : 'https:');
      expect(provider.baseUrl).not.toEndWith('/');
      expect(provider.formats.length).toBeGreaterThan(0);
      expect(provider.auth === 'none').toBe(local);
      expect(provider.keyVariables.length > 0).toBe(!local);
    });
  }

  test('no two read the same variable', () => {
    const variables = BUILT_IN_PROVIDERS.flatMap((each) => each.keyVariables);
    expect(new Set(variables).size).toBe(variables.length);
  });

  test('OpenAI itself prefers Responses and differs from OpenAI in nothing', () => {
    expect(declarationOf('openai')).toMatchObject({
      formats: ['openai-responses', 'openai-chat'],
      auth: 'bearer',
    });
    const { developerRole, maxTokensField, usageInStream, reasoningContent } =
      declarationOf('openai')?.quirks ?? {};
    expect([developerRole, maxTokensField, usageInStream, reasoningContent]).toEqual(
      Array(4).fill(undefined),
    );
  });

  test('Anthropic gets its key in x-api-key', () => {
    expect(declarationOf('anthropic')).toMatchObject({ formats: ['anthropic-messages'], auth: 'x-api-key' });
  });
});
