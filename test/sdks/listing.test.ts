// Model lists and token counts, as both official libraries ask for them; only through the gateway.

import { describe, expect, test } from 'bun:test';
import Anthropic from '@anthropic-ai/sdk';
import AnthropicZero from 'anthropic-sdk-0';
import OpenAI from 'openai';
import { startGateway } from '../support/gateway.ts';
import { DIRECT, FORMATS, PROVIDER_KEY, scriptedStage } from '../support/matrix.ts';
import { SYSTEM, TOOLS } from '../support/scenarios.ts';
import type { WireFormat } from '../support/script.ts';
import { COUNTED_TOKENS } from '../support/upstream.ts';

describe.skipIf(DIRECT)('through the gateway', () => {
  const { upstream, target } = scriptedStage();

  const openai = (): OpenAI => {
    const { baseUrl, key } = target('openai-chat');
    return new OpenAI({ baseURL: baseUrl, apiKey: key, maxRetries: 0 });
  };
  const anthropic = (): Anthropic => {
    const { origin, key } = target('openai-chat');
    return new Anthropic({ baseURL: origin, apiKey: key, maxRetries: 0 });
  };

  test('the OpenAI library lists the models of this key', async () => {
    const ids: string[] = [];
    for await (const model of openai().models.list()) ids.push(model.id);
    for (const format of FORMATS) expect(ids).toContain(`${format}-model`);
    expect(ids).not.toContain('openai-chat-upstream');
  });

  test('both Anthropic libraries list them too, and end', async () => {
    const { origin, key } = target('openai-chat');
    const zero = new AnthropicZero({ baseURL: origin, apiKey: key, maxRetries: 0 });
    for (const list of [anthropic().models.list(), zero.models.list()]) {
      const models = new Map<string, string>();
      for await (const model of list) models.set(model.id, model.type);
      for (const format of FORMATS) expect(models.get(`${format}-model`)).toBe('model');
    }
  });

  test('one model is found by its name, an unknown one is not', async () => {
    expect((await openai().models.retrieve('openai-chat-model')).id).toBe('openai-chat-model');
    expect((await anthropic().models.retrieve('openai-chat-model')).id).toBe('openai-chat-model');
    const failure = await openai()
      .models.retrieve('no-such-model')
      .catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ status: 404 });
  });

  for (const format of FORMATS) {
    test(`the Anthropic library counts tokens of a model over ${format}`, async () => {
      upstream.play([]);
      const counted = await anthropic().messages.countTokens({
        model: target(format).model,
        system: SYSTEM,
        messages: [{ role: 'user', content: 'How many tokens is this?' }],
        tools: TOOLS.map(({ name, description, parameters }) => ({
          name,
          description,
          input_schema: parameters,
        })),
      });
      expect(counted.input_tokens).toBeGreaterThan(10);
      expect(upstream.turnsTaken()).toEqual([]);
    });

    test(`the OpenAI library counts tokens of a model over ${format}`, async () => {
      upstream.play([]);
      const counted = await openai().responses.inputTokens.count({
        model: target(format).model,
        input: 'How many tokens is this sentence, counted by anybody who can count?',
      });
      expect(counted.object).toBe('response.input_tokens');
      expect(counted.input_tokens).toBeGreaterThan(10);
      expect(upstream.turnsTaken()).toEqual([]);
    });
  }

  test('a vendor that counts itself is asked, without a turn taken', async () => {
    const counting = await startGateway({
      upstreams: [
        { ...vendor('anthropic', 'anthropic-messages'), model: 'claude-counted' },
        { ...vendor('openai', 'openai-responses'), model: 'gpt-counted' },
      ],
    });
    try {
      upstream.play([]);
      const claude = new Anthropic({ baseURL: counting.url, apiKey: counting.key, maxRetries: 0 });
      const gpt = new OpenAI({ baseURL: `${counting.url}/v1`, apiKey: counting.key, maxRetries: 0 });
      const messages = [{ role: 'user' as const, content: 'hi' }];
      const byClaude = await claude.messages.countTokens({ model: 'claude-counted', messages });
      const byGpt = await gpt.responses.inputTokens.count({ model: 'gpt-counted', input: 'hi' });
      expect([byClaude.input_tokens, byGpt.input_tokens]).toEqual([COUNTED_TOKENS, COUNTED_TOKENS]);
      expect(upstream.received.map((one) => one.body.model)).toEqual([
        'counted-upstream',
        'counted-upstream',
      ]);
      expect(upstream.turnsTaken()).toEqual([]);
    } finally {
      await counting.stop();
    }
  });

  function vendor(provider: string, format: WireFormat) {
    return {
      provider,
      format,
      baseUrl: upstream.baseUrl,
      apiKey: PROVIDER_KEY,
      upstreamModel: 'counted-upstream',
    };
  }
});
