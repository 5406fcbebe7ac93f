// Turns and content blocks of Messages requests as clients write them: every kind, in good and bad order.

import type { JsonObject, JsonValue } from '../../src/lib/json.ts';
import type { Choices } from './choices.ts';
import { toolName } from './generate-parts.ts';

export function messagesTurns(c: Choices): JsonObject[] {
  return c.list(1, 5, () => turn(c)).flat();
}

function turn(c: Choices): JsonObject[] {
  return c.pick<JsonObject[]>(
    () => [{ role: 'user', content: userContent(c), ...odd(c) }],
    () => exchange(c),
    () => [
      {
        role: 'assistant',
        content: c.chance(30) ? c.text() : c.list(1, 3, () => assistantBlock(c)),
        ...odd(c),
      },
    ],
    () => [{ role: 'system', content: c.one<JsonValue>(c.text(), [textBlock(c), textBlock(c)]) }],
  );
}

function odd(c: Choices): JsonObject {
  return c.members(4, { x_new: () => c.word() });
}

function marks(c: Choices): JsonObject {
  return {
    ...c.members(10, {
      cache_control: () => ({
        type: 'ephemeral',
        ...c.members(50, { ttl: () => c.one('5m', '1h'), x_new: () => c.word() }),
      }),
    }),
    ...c.members(3, { x_new: () => c.word() }),
  };
}

export function textBlock(c: Choices): JsonObject {
  return { type: 'text', text: c.chance(5) ? '' : c.text(), ...marks(c) };
}

function userContent(c: Choices): JsonValue {
  if (c.chance(40)) return c.text();
  return c.list(1, 3, () => userBlock(c));
}

function userBlock(c: Choices): JsonObject {
  if (c.rarely())
    return c.pick<JsonObject>(
      () => ({ type: 'image', source: { type: 'file', file_id: c.word() } }),
      () => ({ type: 'document', source: { type: 'file', file_id: c.word() } }),
      () => ({
        type: 'document',
        source: { type: 'url', url: `https://e.com/${c.word()}.pdf` },
        ...about(c),
      }),
      () => ({ type: 'container_upload', file_id: c.word() }),
      () => ({ type: 'x_block', deep: { id: c.word() } }),
    );
  return c.pick<JsonObject>(
    () => textBlock(c),
    () => ({
      type: 'image',
      source: { type: 'base64', media_type: c.one('image/png', 'image/webp'), data: c.word() },
      ...marks(c),
    }),
    () => ({
      type: 'image',
      source: { type: 'url', url: `https://e.com/${c.word()}.png` },
      ...marks(c),
      ...c.members(10, { transformations: () => ({ oversized_image: c.word() }) }),
    }),
    () => ({
      type: 'document',
      source: { type: 'base64', media_type: 'application/pdf', data: c.word() },
      ...about(c),
      ...marks(c),
    }),
    () => ({
      type: 'document',
      source: { type: 'text', media_type: 'text/plain', data: c.text() },
      ...about(c),
      ...marks(c),
    }),
    () => ({
      type: 'document',
      source: { type: 'content', content: c.one<JsonValue>(c.text(), [textBlock(c), textBlock(c)]) },
      ...about(c),
    }),
    () => ({
      type: 'search_result',
      source: `https://e.com/${c.word()}`,
      title: c.text(),
      content: [{ type: 'text', text: c.text() }],
      ...c.members(50, { citations: () => ({ enabled: true }) }),
    }),
  );
}

function about(c: Choices): JsonObject {
  return c.members(40, {
    title: () => c.text(),
    context: () => c.text(),
    citations: () => ({ enabled: c.chance(70), ...c.members(10, { x_new: () => c.word() }) }),
  });
}

function assistantBlock(c: Choices): JsonObject {
  return c.pick<JsonObject>(
    () => ({ ...textBlock(c), ...c.members(25, { citations: () => [citation(c)] }) }),
    () => thinking(c),
    () => hosted(c),
  );
}

function citation(c: Choices): JsonObject {
  const said = { cited_text: c.text() };
  const document = { ...said, document_index: 0, document_title: c.text() };
  return c.pick<JsonObject>(
    () => ({ type: 'char_location', ...document, start_char_index: 0, end_char_index: 2 }),
    () => ({ type: 'page_location', ...document, start_page_number: 1, end_page_number: 2 }),
    () => ({ type: 'content_block_location', ...document, start_block_index: 0, end_block_index: 1 }),
    () => ({
      type: 'search_result_location',
      ...said,
      source: c.word(),
      title: c.text(),
      search_result_index: 0,
      start_block_index: 0,
      end_block_index: 1,
    }),
    () => ({
      type: 'web_search_result_location',
      ...said,
      url: `https://e.com/${c.word()}`,
      title: c.text(),
      encrypted_index: c.word(),
    }),
  );
}

function thinking(c: Choices): JsonObject {
  if (c.chance(25)) return { type: 'redacted_thinking', data: c.word() };
  return { type: 'thinking', thinking: c.text(), signature: c.one(c.word(), '') };
}

function hosted(c: Choices): JsonObject {
  const tool_use_id = `srvtoolu_${c.word()}`;
  return c.pick<JsonObject>(
    () => ({ type: 'server_tool_use', id: tool_use_id, name: 'web_search', input: { query: c.text() } }),
    () => ({
      ...{ type: 'server_tool_use', id: tool_use_id, name: 'tool_search_tool_bm25' },
      input: { query: c.text() },
    }),
    () => ({
      ...{ type: 'tool_search_tool_result', tool_use_id },
      content: { type: 'tool_search_tool_result_error', error_code: c.word() },
    }),
    () => ({
      type: 'web_search_tool_result',
      tool_use_id,
      content: [
        {
          type: 'web_search_result',
          url: `https://e.com/${c.word()}`,
          title: c.text(),
          encrypted_content: c.word(),
        },
      ],
    }),
    () => ({
      type: 'web_fetch_tool_result',
      tool_use_id,
      content: {
        type: 'web_fetch_result',
        url: c.word(),
        content: {
          type: 'document',
          title: c.text(),
          source: { type: 'text', media_type: 'text/plain', data: c.text() },
        },
      },
    }),
    () => ({
      type: 'code_execution_tool_result',
      tool_use_id,
      content: { type: 'code_execution_result', stdout: c.text(), stderr: c.text(), return_code: 3 },
    }),
    () => ({
      type: 'bash_code_execution_tool_result',
      tool_use_id,
      content: { type: 'bash_code_execution_result', stdout: c.text(), stderr: '', return_code: 0 },
    }),
    () => ({
      type: 'bash_code_execution_tool_result',
      tool_use_id,
      content: {
        ...{ type: 'bash_code_execution_result', stdout: '', stderr: '', return_code: 0 },
        content: [{ type: 'bash_code_execution_output', file_id: `file_${c.word()}` }],
      },
    }),
    () => ({
      type: 'code_execution_tool_result',
      tool_use_id,
      content: { type: 'code_execution_tool_result_error', error_code: 'unavailable' },
    }),
    () => ({
      type: 'text_editor_code_execution_tool_result',
      tool_use_id,
      content: { type: 'text_editor_code_execution_view_result', file_type: 'text', content: c.text() },
    }),
    () => ({
      type: 'tool_search_tool_result',
      tool_use_id,
      content: {
        type: 'tool_search_tool_search_result',
        tool_references: [{ type: 'tool_reference', tool_name: c.word() }],
      },
    }),
    () => ({
      type: 'mcp_tool_use',
      id: c.word(),
      name: c.word(),
      server_name: c.word(),
      input: { [c.word()]: 1 },
    }),
    () => ({
      type: 'mcp_tool_result',
      tool_use_id: c.word(),
      is_error: false,
      content: [{ type: 'text', text: c.text() }],
    }),
    () => ({ type: 'compaction', content: c.text() }),
    () => ({ type: 'advisor_tool_result', tool_use_id, content: { type: 'advisor_result', text: c.text() } }),
  );
}

/** Thinking, words, calls; then a user turn with the results, each once mostly, beside other content. */
function exchange(c: Choices): JsonObject[] {
  const calls = c.list(1, 3, () => call(c));
  const said = c.list(0, 2, () => assistantBlock(c));
  const results = calls.flatMap((one) =>
    Array.from({ length: c.one(1, 1, 1, 1, 0, 2) }, () => result(c, String(one.id))),
  );
  const orphan = c.chance(5) ? [result(c, `toolu_${c.word()}`)] : [];
  const content = [
    ...(c.chance(20) ? results.toReversed() : results),
    ...orphan,
    ...c.list(0, 2, () => userBlock(c)),
  ];
  return [
    { role: 'assistant', content: [...said, ...calls] },
    ...(content.length === 0 ? [] : [{ role: 'user', content }]),
  ];
}

function call(c: Choices): JsonObject {
  const id = c.one(`toolu_${c.word()}`, `toolu_${c.word()}`, `${'i'.repeat(60)}${c.word()}`);
  const input = c.one<JsonValue>({ [c.word()]: c.text(), deep: { list: [c.word(), 1.5, true, null] } }, {});
  return {
    type: 'tool_use',
    id,
    name: toolName(c),
    input,
    ...c.members(20, {
      caller: () =>
        c.one<JsonObject>({ type: 'direct' }, { type: 'code_execution_20250825', tool_id: c.word() }),
    }),
    ...marks(c),
  };
}

function result(c: Choices, tool_use_id: string): JsonObject {
  const content = c.pick<JsonObject>(
    () => ({ content: c.text() }),
    () => ({ content: c.list(1, 3, () => userBlock(c)) }),
    () => ({ content: c.list(1, 2, () => ({ type: 'tool_reference', tool_name: toolName(c) })) }),
    () => ({}),
    () => ({ content: [] }),
  );
  return {
    type: 'tool_result',
    tool_use_id,
    ...content,
    ...c.members(25, { is_error: () => c.chance(70) }),
    ...marks(c),
  };
}
