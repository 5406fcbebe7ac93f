// Responses requests as clients write them, with every member and tool kind of the mapping tables.

import type { JsonObject, JsonValue } from '../../src/lib/json.ts';
import type { Choices } from './choices.ts';
import { jsonSchema } from './generate-parts.ts';
import { responsesItems } from './generate-responses-items.ts';
import { responsesTool } from './generate-responses-tools.ts';

export function responsesRequest(c: Choices): JsonObject {
  const tools = c.chance(50) ? c.list(1, 3, () => responsesTool(c)) : [];
  const names = tools.flatMap((one) => (one.type === 'function' ? [String(one.name)] : []));
  return {
    model: 'the-model',
    input: c.chance(10) ? c.text() : responsesItems(c),
    ...(tools.length === 0 ? {} : { tools }),
    ...(c.chance(40) ? { tool_choice: choice(c, names) } : {}),
    ...c.members(20, {
      instructions: () => c.text(),
      max_output_tokens: () => c.one(c.count(100), 5),
      temperature: () => c.one(0.25, 0, 1, 1.75),
      top_p: () => c.one(0.375, 1),
      top_logprobs: () => 7,
      include: () =>
        c.list(0, 3, () =>
          c.one('message.output_text.logprobs', 'reasoning.encrypted_content', 'file_search_call.results'),
        ),
      reasoning: () =>
        c.members(50, {
          effort: () => c.one('low', 'none', 'minimal', 'medium', 'high', 'xhigh', 'max', c.word()),
          summary: () => c.one('auto', 'concise', 'detailed'),
          generate_summary: () => c.one('concise', 'detailed'),
          mode: () => 'pro',
          context: () => c.word(),
        }),
      text: () =>
        c.members(60, {
          verbosity: () => c.one('low', 'medium', 'high'),
          format: () => format(c),
          x_new: () => c.word(),
        }),
      parallel_tool_calls: () => c.chance(50),
      stream: () => true,
      stream_options: () => c.members(50, { include_obfuscation: () => false, x_new: () => c.word() }),
      store: () => c.chance(50),
      prompt_cache_key: () => c.word(),
      prompt_cache_retention: () => c.one('24h', 'in_memory'),
      prompt_cache_options: () => ({ mode: c.word(), ttl: '12h' }),
      user: () => c.one(c.word(), `${'long'.repeat(20)}${c.word()}`),
      safety_identifier: () => c.word(),
      metadata: () => ({ [c.word()]: c.text() }),
      client_metadata: () => ({ session: c.word() }),
      service_tier: () => c.one('auto', 'default', 'flex', 'priority', 'scale', 'fast', 'ultrafast'),
      truncation: () => c.one('auto', 'disabled'),
      max_tool_calls: () => c.count(900),
      context_management: () => [{ type: 'compaction', compact_threshold: c.count(8000) }],
      moderation: () => ({ model: c.word() }),
      access_programs: () => [c.word()],
      image: () => ({ compression: c.word() }),
      x_new: () => ({ deep: [c.word()] }),
    }),
    ...(c.rarely() ? stored(c) : {}),
  };
}

/** Members whose meaning lives at the provider: other formats refuse them. */
function stored(c: Choices): JsonObject {
  return c.pick<JsonObject>(
    () => ({ previous_response_id: `resp_${c.word()}` }),
    () => ({ conversation: c.word() }),
    () => ({ prompt: { id: c.word() } }),
    () => ({ background: true }),
  );
}

function format(c: Choices): JsonObject {
  return c.pick<JsonObject>(
    () => ({ type: 'json_object' }),
    () => ({ type: 'text' }),
    () => ({
      type: 'json_schema',
      name: c.word(),
      schema: jsonSchema(c),
      ...c.members(50, { description: () => c.text(), strict: () => c.chance(50) }),
    }),
  );
}

function choice(c: Choices, names: string[]): JsonValue {
  if (c.rarely()) return { type: 'mcp', server_label: c.word() };
  const [name] = names;
  if (name === undefined) return c.one('auto', 'none', 'required');
  return c.pick<JsonValue>(
    () => c.one('auto', 'none', 'required'),
    () => ({ type: 'function', name }),
    () => ({
      type: 'allowed_tools',
      mode: c.one('auto', 'required'),
      tools: names.map((one) => ({ type: 'function', name: one })),
    }),
  );
}
