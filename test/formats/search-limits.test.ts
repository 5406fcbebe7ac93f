// How often a provider may search in one answer: `max_tool_calls` of Responses, `max_uses` of Messages.

import { describe, expect, test } from 'bun:test';
import type { FormatId } from '../../src/canonical/part.ts';
import type { Codec, Target } from '../../src/formats/codec.ts';
import { FORMATS } from '../../src/formats/index.ts';
import { asArray, asObject, type JsonObject } from '../../src/lib/json.ts';

const TARGET: Target = {
  model: 'm',
  maxOutputTokens: 1000,
  developerRole: true,
  maxTokensField: 'max_completion_tokens',
  midSystem: true,
  thinking: 'none',
  efforts: [],
  structuredOutput: true,
  sampling: true,
  reasoningContent: false,
};

function converted(body: JsonObject, from: FormatId, to: FormatId, target: Partial<Target> = {}) {
  const [reader, writer] = [FORMATS[from], FORMATS[to]] as [Codec, Codec];
  const read = reader.decodeRequest(body);
  const written = writer.encodeRequest(read.value, { ...TARGET, ...target });
  return { body: written.value, lost: [...read.losses, ...written.losses].map(({ path }) => path) };
}

const SEARCH = { type: 'web_search' };
const ask = (members: JsonObject): JsonObject => ({ model: 'm', input: 'Hello', ...members });

describe('`max_tool_calls`', () => {
  const limited = ask({ max_tool_calls: 3, tools: [SEARCH] });

  test('limits the search of Anthropic and of OpenRouter', () => {
    const messages = converted(limited, 'openai-responses', 'anthropic-messages');
    expect(messages.body.tools).toEqual([{ type: 'web_search_20250305', name: 'web_search', max_uses: 3 }]);
    expect(messages.lost).toEqual([]);
    const router = converted(limited, 'openai-responses', 'openai-chat', { search: 'openrouter' });
    const [tool] = asArray(router.body.tools);
    expect(asObject(tool).parameters).toEqual({ engine: 'native', max_uses: 3 });
    expect(router.lost).toEqual([]);
  });

  test('is named where searches cannot be limited', () => {
    for (const [to, target] of [
      ['openai-chat', {}],
      ['google-generate-content', {}],
      ['openai-responses', { search: 'xai' }],
    ] as const) {
      const { body, lost } = converted(limited, 'openai-responses', to, target);
      expect(lost).toEqual(['max_tool_calls']);
      expect(JSON.stringify(body)).not.toContain('max_');
    }
  });

  test('is named where it cannot limit other tools of the provider', () => {
    const code = { type: 'code_interpreter', container: { type: 'auto' } };
    for (const tools of [[code], [SEARCH, code]])
      expect(
        converted(ask({ max_tool_calls: 3, tools }), 'openai-responses', 'anthropic-messages').lost,
      ).toEqual(['max_tool_calls']);
  });

  test('stays what it is on its own format', () => {
    const { body, lost } = converted(limited, 'openai-responses', 'openai-responses');
    expect(body.max_tool_calls).toBe(3);
    expect(lost).toEqual([]);
  });

  test('of a request without hosted tools limits nothing, and of one with two searches the first', () => {
    const plain = ask({ max_tool_calls: 3, tools: [{ type: 'function', name: 'f', parameters: {} }] });
    expect(converted(plain, 'openai-responses', 'anthropic-messages').lost).toEqual([]);
    const twice = ask({ max_tool_calls: 3, tools: [SEARCH, { type: 'web_search_preview' }] });
    expect(converted(twice, 'openai-responses', 'anthropic-messages').lost).toContain('max_tool_calls');
  });
});

test('`max_uses` becomes `max_tool_calls`, which counts a little more, and that is said', () => {
  const tool = { type: 'web_search_20250305', name: 'web_search', max_uses: 2 };
  const asked = {
    model: 'm',
    max_tokens: 100,
    messages: [{ role: 'user', content: 'Hello' }],
    tools: [tool],
  };
  const { body, lost } = converted(asked, 'anthropic-messages', 'openai-responses');
  expect(body).toMatchObject({ max_tool_calls: 2, tools: [{ type: 'web_search' }] });
  expect(lost).toEqual(['tools[0].max_uses']);
});
