// Chat Completions requests as clients write them, with every member and message kind of the mapping tables.

import type { JsonObject, JsonValue } from '../../src/lib/json.ts';
import type { Choices } from './choices.ts';
import { chatMessages } from './generate-chat-messages.ts';
import { jsonSchema, location, toolName } from './generate-parts.ts';

export function chatRequest(c: Choices): JsonObject {
  const tools = c.chance(50) ? c.list(1, 3, () => tool(c)) : [];
  const names = tools.flatMap((one) =>
    one.type === 'function' ? [String((one.function as JsonObject).name)] : [],
  );
  return {
    model: 'the-model',
    messages: chatMessages(c),
    ...(tools.length === 0 ? {} : { tools }),
    ...(c.chance(40) ? { tool_choice: choice(c, names) } : {}),
    ...sampling(c),
    ...reasoning(c),
    ...c.members(20, {
      response_format: () => outputFormat(c),
      parallel_tool_calls: () => c.chance(50),
      stream: () => true,
      stream_options: () =>
        c.members(50, { include_usage: () => true, include_obfuscation: () => false, x_new: () => c.word() }),
      verbosity: () => c.one('low', 'medium', 'high'),
      prompt_cache_key: () => c.word(),
      prompt_cache_retention: () => c.one('24h', 'in_memory'),
      cache_control: () => ({ type: 'ephemeral' }),
      user: () => c.one(c.word(), `${'long'.repeat(20)}${c.word()}`),
      safety_identifier: () => c.word(),
      metadata: () => ({ [c.word()]: c.text() }),
      extra_body: () => ({
        google: c.members(50, {
          safety_settings: () => [{ category: c.word(), threshold: c.word() }],
          media_resolution: () => c.word(),
          x_new: () => c.word(),
        }),
      }),
      service_tier: () => c.one('auto', 'default', 'flex', 'priority', 'scale', 'fast'),
      store: () => c.chance(50),
      prediction: () => ({ type: 'content', content: c.text() }),
      moderation: () => ({ model: c.word() }),
      modalities: () => (c.rarely() ? ['text', c.one('audio', 'image')] : ['text']),
      audio: () => ({ voice: c.word(), format: 'wav' }),
      x_new: () => ({ deep: [c.word()] }),
    }),
    ...c.members(8, {
      web_search: () => c.chance(50),
      plugins: () => [c.one<JsonValue>('response-healing', { id: 'response-healing' })],
      web_search_options: () => ({
        ...c.members(60, { search_context_size: () => c.one('low', 'high') }),
        user_location: { type: 'approximate', approximate: location(c) },
      }),
      functions: () => [functionBody(c)],
      function_call: () => c.one<JsonValue>('auto', 'none', { name: c.word() }),
    }),
  };
}

function sampling(c: Choices): JsonObject {
  return {
    ...c.members(20, {
      max_completion_tokens: () => c.count(100),
      max_tokens: () => c.count(200),
      temperature: () => c.one(0.25, 0, 1, 1.75),
      top_p: () => c.one(0.375, 1),
      top_k: () => c.count(3000),
      seed: () => c.count(4000),
      frequency_penalty: () => 0.125,
      presence_penalty: () => -0.625,
      logit_bias: () => ({ [c.word()]: -100 }),
      logprobs: () => true,
      top_logprobs: () => 7,
      stop: () =>
        c.one<JsonValue>(c.text(), [c.text(), c.text()], ['a', 'b', 'c', 'd', c.word()], [' ', c.word()]),
    }),
    ...c.members(6, { n: () => c.one(1, 2) }),
  };
}

function reasoning(c: Choices): JsonObject {
  return c.members(12, {
    reasoning_effort: () => c.one('low', 'none', 'minimal', 'medium', 'high', 'xhigh', 'max', c.word()),
    reasoning: () =>
      c.members(50, {
        effort: () => c.one('low', 'high'),
        max_tokens: () => c.count(5000),
        enabled: () => c.chance(50),
        exclude: () => true,
      }),
    thinking: () => ({
      type: c.one('enabled', 'disabled', 'adaptive', c.word()),
      ...c.members(50, { budget_tokens: () => c.count(6000) }),
    }),
    enable_thinking: () => c.chance(50),
    thinking_budget: () => c.count(7000),
    chat_template_kwargs: () =>
      c.members(50, {
        enable_thinking: () => c.chance(50),
        thinking: () => c.chance(50),
        x_new: () => c.word(),
      }),
  });
}

function outputFormat(c: Choices): JsonObject {
  return c.pick<JsonObject>(
    () => ({ type: 'json_object' }),
    () => ({ type: 'text' }),
    () => ({
      type: 'json_schema',
      json_schema: {
        name: c.word(),
        schema: jsonSchema(c),
        ...c.members(50, { description: () => c.text(), strict: () => c.chance(50), x_new: () => c.word() }),
      },
    }),
  );
}

function functionBody(c: Choices): JsonObject {
  return {
    name: toolName(c),
    ...c.members(60, {
      description: () => c.text(),
      parameters: () => jsonSchema(c),
      strict: () => c.chance(50),
    }),
    ...c.members(10, { x_new: () => c.word() }),
  };
}

function tool(c: Choices): JsonObject {
  if (c.rarely()) return { type: 'x_hosted', deep: { id: c.word() } };
  const mark = c.members(15, {
    cache_control: () => ({ type: 'ephemeral', ttl: '1h' }),
    x_new: () => c.word(),
  });
  if (!c.chance(25)) return { type: 'function', function: functionBody(c), ...mark };
  const format = c.one<JsonValue>(
    { type: 'text' },
    { type: 'grammar', grammar: { syntax: c.one('lark', 'regex'), definition: c.text() } },
  );
  return {
    type: 'custom',
    custom: { name: toolName(c), ...c.members(60, { description: () => c.text(), format: () => format }) },
    ...mark,
  };
}

function choice(c: Choices, names: string[]): JsonValue {
  const [name] = names;
  if (name === undefined) return c.one('auto', 'none', 'required');
  return c.pick<JsonValue>(
    () => c.one('auto', 'none', 'required'),
    () => ({ type: 'function', function: { name } }),
    () => ({
      type: 'allowed_tools',
      allowed_tools: {
        mode: c.one('auto', 'required'),
        tools: names.map((one) => ({ type: 'function', function: { name: one } })),
      },
    }),
  );
}
