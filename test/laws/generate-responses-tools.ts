// Tools of Responses requests as clients declare them.

import type { JsonObject, JsonValue } from '../../src/lib/json.ts';
import type { Choices } from './choices.ts';
import { jsonSchema, location, toolName } from './generate-parts.ts';

function functionTool(c: Choices): JsonObject {
  return {
    type: 'function',
    name: toolName(c),
    ...c.members(60, {
      description: () => c.text(),
      parameters: () => jsonSchema(c),
      strict: () => c.chance(50),
    }),
    ...deferred(c),
    ...c.members(6, { x_new: () => c.word() }),
  };
}

const deferred = (c: Choices): JsonObject => c.members(15, { defer_loading: () => c.chance(80) });

export function responsesTool(c: Choices): JsonObject {
  if (c.chance(3)) return server(c);
  if (c.rarely()) return hostedTool(c);
  return c.pick<JsonObject>(
    () => functionTool(c),
    () => functionTool(c),
    () => customTool(c),
    () => ({
      type: 'namespace',
      name: `ns_${c.word()}`,
      tools: c.list(1, 2, () =>
        c.pick(
          () => functionTool(c),
          () => customTool(c),
        ),
      ),
      ...c.members(50, { description: () => c.text() }),
    }),
    () => ({
      type: c.one('web_search', 'web_search_preview'),
      ...c.members(50, {
        search_context_size: () => c.one('low', 'high'),
        filters: () => ({
          allowed_domains: [c.word()],
          ...c.members(50, { blocked_domains: () => [c.word()] }),
        }),
        user_location: () => ({ type: 'approximate', ...location(c) }),
      }),
    }),
    () => (c.chance(50) ? { type: 'tool_search' } : ownSearch(c)),
    () => ({ type: 'local_shell' }),
    () => ({ type: 'shell', ...c.members(50, { environment: () => ({ type: 'local' }) }) }),
    () => ({ type: 'apply_patch' }),
  );
}

function server(c: Choices): JsonObject {
  const name = c.word();
  return {
    ...{ type: 'mcp', server_label: c.word() },
    ...(c.chance(70) ? { server_url: `https://e.com/${c.word()}` } : { connector_id: c.word() }),
    ...(c.chance(90) ? { require_approval: 'never' } : {}),
    ...c.members(50, {
      authorization: () => c.word(),
      allowed_tools: () => c.one<JsonValue>([name], { tool_names: [name] }),
      server_description: () => c.text(),
      defer_loading: () => c.chance(80),
    }),
    ...c.members(50, {
      headers: () => c.one<JsonObject>({ Authorization: `Bearer ${c.word()}` }, { 'x-own': c.word() }),
      x_new: () => c.word(),
    }),
    ...(c.chance(40) ? { require_approval: { never: { tool_names: [name] } }, allowed_tools: [name] } : {}),
  };
}

/** One that the client runs. */
function ownSearch(c: Choices): JsonObject {
  return {
    ...{ type: 'tool_search', execution: 'client' },
    ...c.members(60, { description: () => c.text(), parameters: () => jsonSchema(c) }),
  };
}

function customTool(c: Choices): JsonObject {
  const grammar = { type: 'grammar', syntax: c.one('lark', 'regex'), definition: c.text() };
  return {
    type: 'custom',
    name: toolName(c),
    ...c.members(60, {
      description: () => c.text(),
      format: () => c.one<JsonObject>({ type: 'text' }, grammar),
    }),
    ...deferred(c),
  };
}

function hostedTool(c: Choices): JsonObject {
  return c.pick<JsonObject>(
    () => ({ type: 'file_search', vector_store_ids: [c.word()] }),
    () => ({
      type: 'code_interpreter',
      container: c.one<JsonObject | string>(
        { type: 'auto', file_ids: [c.word()] },
        { type: 'auto', memory_limit: c.one('1g', '64g') },
        { type: 'auto' },
        `cntr_${c.word()}`,
      ),
    }),
    () => ({ type: 'image_generation', model: c.word() }),
    () => ({ type: 'computer', display_width: c.count(1000) }),
    () => ({ type: 'tool_search', ...c.members(50, { execution: () => 'server', x_new: () => c.word() }) }),
    () => ownSearch(c),
    () => ({ type: 'shell', environment: { type: 'container_auto', id: c.word() } }),
  );
}
