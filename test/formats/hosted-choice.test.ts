// A tool choice that names a tool which runs at the provider, from every format that has one to every format.

import { describe, expect, test } from 'bun:test';
import { mapTools } from '../../src/canonical/tool-map.ts';
import { anthropicMessages } from '../../src/formats/anthropic-messages/index.ts';
import type { Codec } from '../../src/formats/codec.ts';
import { fitRequest } from '../../src/formats/fit-request.ts';
import { googleGenerateContent } from '../../src/formats/google-generate-content/index.ts';
import { openaiChat } from '../../src/formats/openai-chat/index.ts';
import { openaiResponses } from '../../src/formats/openai-responses/index.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { TARGET } from './google-generate-content/target.ts';

const messages = [{ role: 'user', content: 'Go.' }];
const claude = (tool: JsonObject, tool_choice: JsonObject): JsonObject => ({
  ...{ model: 'm', max_tokens: 10, messages, tools: [tool], tool_choice },
});
const gpt = (tool: JsonObject, tool_choice: JsonObject): JsonObject => ({
  ...{ model: 'm', input: 'Go.', tools: [tool], tool_choice },
});
const SEARCH = claude(
  { type: 'web_search_20250305', name: 'web_search' },
  { type: 'tool', name: 'web_search' },
);
const CODE = claude(
  { type: 'code_execution_20250825', name: 'code_execution' },
  { type: 'tool', name: 'code_execution' },
);
const GPT_SEARCH = gpt({ type: 'web_search' }, { type: 'web_search' });
const GPT_CODE = gpt({ type: 'code_interpreter', container: { type: 'auto' } }, { type: 'code_interpreter' });

function cross(body: JsonObject, from: Codec, to: Codec) {
  const { value, losses } = from.decodeRequest(body);
  const fitted = fitRequest(value, TARGET, to);
  const written = to.encodeRequest(fitted.request, TARGET);
  const said = [...losses, ...fitted.losses, ...written.losses].filter(({ path }) => path === 'tool_choice');
  return { body: written.value, said: said.map(({ action }) => action) };
}

describe('the choice of a hosted tool', () => {
  test.each([
    ['search', SEARCH, { type: 'web_search' }],
    ['code', CODE, { type: 'code_interpreter' }],
  ])('of Messages reaches Responses: %s', (_, body, tool_choice) => {
    const { body: written, said } = cross(body, anthropicMessages, openaiResponses);
    expect(written.tool_choice).toEqual(tool_choice);
    expect(said).toEqual([]);
  });

  test.each([
    ['search', GPT_SEARCH, { type: 'tool', name: 'web_search' }],
    ['code', GPT_CODE, { type: 'tool', name: 'code_execution' }],
  ])('of Responses reaches Messages: %s', (_, body, tool_choice) => {
    const { body: written, said } = cross(body, openaiResponses, anthropicMessages);
    expect(written.tool_choice).toEqual(tool_choice);
    expect(said).toEqual([]);
  });

  test.each([
    ['search', SEARCH, anthropicMessages],
    ['code', CODE, anthropicMessages],
    ['search', GPT_SEARCH, openaiResponses],
    ['code', GPT_CODE, openaiResponses],
  ])('is a named loss at Google: %s', (_, body, from) => {
    const { body: written, said } = cross(body, from, googleGenerateContent);
    expect(written.toolConfig).toBeUndefined();
    expect(said).toEqual(['changed']);
  });

  test('is a named loss at Chat, beside functions and without any', () => {
    expect(cross(GPT_SEARCH, openaiResponses, openaiChat)).toMatchObject({ said: ['dropped'] });
    const tools = [{ type: 'web_search' }, { type: 'function', name: 'f', parameters: {} }];
    const { body, said } = cross({ ...GPT_SEARCH, tools }, openaiResponses, openaiChat);
    expect(body.tool_choice).toBe('auto');
    expect(said).toEqual(['changed']);
  });

  test('goes with a search that the model does not have', () => {
    const { value } = anthropicMessages.decodeRequest(SEARCH);
    const { request, losses } = mapTools(value, { namespaces: true, custom: true, webSearch: false });
    expect(request.toolChoice).toBeUndefined();
    expect(losses.map(({ path, action }) => [path, action])).toContainEqual(['tool_choice', 'dropped']);
  });

  test('is written as its tool is called in its own format', () => {
    const own = claude({ type: 'web_search_20250305', name: 'search' }, { type: 'tool', name: 'search' });
    const again = anthropicMessages.decodeRequest(own).value;
    expect(anthropicMessages.encodeRequest(again, TARGET).value.tool_choice).toEqual({
      ...{ type: 'tool', name: 'search' },
    });
    const preview = gpt({ type: 'web_search_preview' }, { type: 'web_search_preview' });
    const read = openaiResponses.decodeRequest(preview).value;
    expect(openaiResponses.encodeRequest(read, TARGET).value.tool_choice).toEqual({
      type: 'web_search_preview',
    });
  });
});
