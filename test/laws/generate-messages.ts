// Messages requests as clients write them, with every member and tool kind of the mapping tables.

import type { JsonObject } from '../../src/lib/json.ts';
import type { Choices } from './choices.ts';
import { messagesTurns, textBlock } from './generate-messages-blocks.ts';
import { jsonSchema, location, toolName } from './generate-parts.ts';

export function messagesRequest(c: Choices): JsonObject {
  const servers = c.chance(5) ? c.list(1, 2, () => server(c)) : [];
  const toolsets = servers.flatMap((one) => (c.chance(90) ? [toolset(c, one)] : []));
  const tools = [...(c.chance(50) ? c.list(1, 3, () => tool(c)) : []), ...toolsets];
  const [first] = tools;
  return {
    model: 'the-model',
    max_tokens: c.rarely() && c.chance(30) ? 0 : c.one(c.count(20_000), c.count(2000), 5),
    messages: messagesTurns(c),
    ...(c.chance(50) ? { system: c.chance(50) ? c.text() : c.list(1, 3, () => textBlock(c)) } : {}),
    ...(tools.length === 0 ? {} : { tools }),
    ...(servers.length === 0 ? {} : { mcp_servers: servers }),
    ...(c.chance(40) ? { tool_choice: choice(c, first?.name) } : {}),
    ...c.members(20, {
      stream: () => true,
      temperature: () => c.one(0.25, 0, 1),
      top_p: () => c.one(0.375, 1),
      top_k: () => c.count(3000),
      stop_sequences: () => c.list(1, 5, () => c.text()),
      thinking: () => ({
        type: c.one('enabled', 'adaptive', 'disabled', 'between_tools', c.word()),
        ...c.members(40, {
          budget_tokens: () => c.count(1024),
          display: () => c.one('summarized', 'omitted'),
          x_new: () => c.word(),
        }),
      }),
      output_config: () =>
        c.members(60, {
          effort: () => c.one('low', 'medium', 'high', 'xhigh', 'max', c.word()),
          format: () => ({ type: 'json_schema', schema: jsonSchema(c) }),
          task_budget: () => ({ type: 'tokens', total: c.count(9000) }),
        }),
      output_format: () => ({ type: 'json_schema', schema: jsonSchema(c) }),
      metadata: () => ({
        user_id: c.one(c.word(), `${'long'.repeat(20)}${c.word()}`),
        ...c.members(20, { x_new: () => c.word() }),
      }),
      service_tier: () => c.one('auto', 'standard_only'),
      speed: () => c.one('standard', 'fast'),
      cache_control: () => ({ type: 'ephemeral', ...c.members(50, { ttl: () => c.one('5m', '1h') }) }),
      diagnostics: () => ({ previous_message_id: c.word() }),
      context_management: () => ({ edits: [{ type: 'clear_tool_uses_20250919', keep: c.word() }] }),
      fallbacks: () => [{ model: c.word() }],
      billing_policy: () => c.word(),
      user_profile_id: () => c.word(),
      x_new: () => ({ deep: [c.word()] }),
    }),
    ...(c.rarely()
      ? c.one<JsonObject>({ container: c.word() }, { inference_geo: c.word() }, { thread: { id: c.word() } })
      : {}),
  };
}

function tool(c: Choices): JsonObject {
  const mark = c.members(15, {
    cache_control: () => ({ type: 'ephemeral', ...c.members(50, { ttl: () => '1h' }) }),
  });
  if (c.rarely()) return hostedTool(c);
  return c.pick<JsonObject>(
    () => ({
      name: toolName(c),
      input_schema: jsonSchema(c),
      ...c.members(50, { description: () => c.text(), strict: () => c.chance(50), type: () => 'custom' }),
      ...c.members(15, { defer_loading: () => c.chance(80) }),
      ...c.members(5, {
        eager_input_streaming: () => true,
        input_examples: () => [{ [c.word()]: 1 }],
        allowed_callers: () => [c.word()],
      }),
      ...mark,
    }),
    () => ({ name: toolName(c), input_schema: jsonSchema(c), ...mark }),
    () => ({ type: 'bash_20250124', name: 'bash', ...mark }),
    () => ({
      type: c.one('text_editor_20250728', 'text_editor_20250124'),
      name: c.one('str_replace_based_edit_tool', 'str_replace_editor'),
      ...c.members(40, { max_characters: () => c.count(10_000) }),
      ...mark,
    }),
    () => ({ type: 'memory_20250818', name: 'memory', ...mark }),
    () => toolSearch(c),
    () => ({
      type: 'web_search_20250305',
      name: 'web_search',
      ...c.members(50, {
        max_uses: () => c.count(50),
        allowed_domains: () => [c.word()],
        user_location: () => ({ type: 'approximate', ...location(c) }),
      }),
      ...c.members(30, { blocked_domains: () => [c.word()] }),
      ...mark,
    }),
  );
}

function server(c: Choices): JsonObject {
  return {
    ...{ type: 'url', url: `https://e.com/${c.word()}`, name: c.word() },
    ...c.members(60, { authorization_token: () => c.word() }),
    ...c.members(30, { tool_configuration: () => ({ allowed_tools: [c.word()] }), x_new: () => c.word() }),
  };
}

function toolset(c: Choices, { name = '' }: JsonObject): JsonObject {
  const allowed = { default_config: { enabled: false }, configs: { [c.word()]: { enabled: true } } };
  const members = c.pick<JsonObject>(
    () => ({}),
    () => allowed,
    () => allowed,
    () => ({ default_config: { defer_loading: true } }),
    () => ({ configs: { [c.word()]: { enabled: false } } }),
    () => ({ configs: { [c.word()]: { enabled: true, defer_loading: true } } }),
    () => ({ default_config: { enabled: false } }),
    () => ({ tools: [{ name: c.word(), input_schema: {} }], configs: { [c.word()]: { enabled: false } } }),
  );
  return {
    ...{ type: 'mcp_toolset', mcp_server_name: name, ...members },
    ...c.members(10, { cache_control: () => ({ type: 'ephemeral' }), x_new: () => c.word() }),
  };
}

function toolSearch(c: Choices): JsonObject {
  const name = c.one('tool_search_tool_bm25', 'tool_search_tool_regex');
  return { type: c.one(`${name}_20251119`, name), name };
}

function hostedTool(c: Choices): JsonObject {
  return c.pick<JsonObject>(
    () => ({ type: 'web_fetch_20250910', name: 'web_fetch', max_uses: c.count(70) }),
    () => ({
      ...{ type: c.one('code_execution_20250825', 'code_execution_20260521'), name: 'code_execution' },
      ...c.members(30, { x_new: () => c.word() }),
    }),
    () => ({
      type: 'computer_20250124',
      name: 'computer',
      display_width_px: c.count(1000),
      display_height_px: 768,
    }),
    () => ({ ...toolSearch(c), ...c.members(50, { x_new: () => c.word() }) }),
    () => ({ type: 'mcp_toolset', mcp_server_name: c.word() }),
  );
}

function choice(c: Choices, name: unknown): JsonObject {
  const single = c.members(40, { disable_parallel_tool_use: () => c.chance(70) });
  if (typeof name !== 'string') return { type: c.one('auto', 'any', 'none'), ...single };
  return c.pick<JsonObject>(
    () => ({ type: c.one('auto', 'any'), ...single }),
    () => ({ type: 'none' }),
    () => ({ type: 'tool', name, ...single }),
  );
}
