// Canonical events in any order, most of it against their grammar.

import type { PartDelta, PartStart, StreamEvent } from '../../src/canonical/event.ts';
import type { MediaSource, RemoteCall, ToolSearch } from '../../src/canonical/part.ts';
import { noUsage } from '../../src/canonical/usage.ts';
import type { Choices } from './choices.ts';

/** No finish and no error: how it ends is the caller's. */
export function eventsInAnyOrder(c: Choices): StreamEvent[] {
  return c.list(0, 24, (): StreamEvent => {
    const index = c.below(3);
    return c.pick<StreamEvent>(
      () => ({ type: 'part-start', index, part: partStart(c) }),
      () => ({ type: 'part-delta', index, delta: partDelta(c) }),
      () => ({ type: 'part-delta', index, delta: partDelta(c) }),
      () => ({ type: 'part-end', index }),
      () => ({ type: 'start', id: c.word(), model: c.word(), ...(c.chance(50) ? { usage: noUsage() } : {}) }),
      () => ({
        type: 'usage',
        usage: { ...noUsage(), output: c.below(9) },
        ...(c.chance(50) ? { serviceTier: 'flex' } : {}),
      }),
    );
  });
}

function partStart(c: Choices): PartStart {
  return c.pick<PartStart>(
    () => ({ kind: 'text', ...(c.chance(30) ? { phase: c.one('commentary', 'final_answer') } : {}) }),
    () => ({ kind: 'refusal' }),
    () => ({
      kind: 'reasoning',
      ...(c.chance(30) ? { redacted: true } : {}),
      ...(c.chance(30) ? { itemId: c.word() } : {}),
    }),
    () => ({
      kind: 'tool-call',
      id: c.one(c.word(), `functions.${c.word()}:0`),
      name: c.word(),
      form: c.one('json', 'text'),
      ...(c.chance(30) ? { namespace: c.word() } : {}),
    }),
    () => ({ kind: 'audio', mediaType: 'audio/wav', ...(c.chance(50) ? { id: c.word() } : {}) }),
    () => ({
      kind: 'opaque',
      type: 'web_search_call',
      raw: {
        format: 'openai-responses',
        value: { type: 'web_search_call', id: c.word(), status: 'completed' },
      },
    }),
    () => ({
      kind: 'opaque',
      type: 'executableCode',
      raw: {
        format: 'google-generate-content',
        value: { executableCode: { language: 'PYTHON', code: c.word() } },
      },
      ...(c.chance(70) ? { code: { code: c.word() }, text: c.word() } : {}),
    }),
    () => ({
      kind: 'opaque',
      type: 'codeExecutionResult',
      raw: {
        format: 'google-generate-content',
        value: { codeExecutionResult: { outcome: 'OUTCOME_OK', output: c.word() } },
      },
      code: { output: c.word() },
      ...(c.chance(80) ? { text: c.word() } : {}),
    }),
    () => ({
      kind: 'opaque',
      type: 'code_interpreter_call',
      raw: {
        format: 'openai-responses',
        value: { type: 'code_interpreter_call', id: c.word(), status: 'completed', outputs: [] },
      },
      code: {
        code: c.one(c.text(), ''),
        ...(c.chance(50) ? { language: c.one('python', 'bash') } : {}),
        ...(c.chance(50) ? { output: c.one(c.text(), '') } : {}),
        ...(c.chance(30) ? { failed: true } : {}),
        ...(c.chance(30) ? { files: [c.word()] } : {}),
        ...(c.chance(30)
          ? { pictures: [c.one(`https://e.com/${c.word()}`, 'data:image/png;base64,AAAA')] }
          : {}),
      },
      ...(c.chance(80) ? { text: c.word() } : {}),
    }),
    () => ({
      ...{
        kind: 'opaque',
        type: 'tool_search',
        raw: { format: c.one('openai-responses', 'anthropic-messages'), value: 0 },
      },
      toolSearch: c.one<ToolSearch>(
        { query: c.text() },
        { query: c.text(), found: [] },
        { found: [{ name: 'look' }, { name: c.word(), namespace: c.word() }] },
        { found: [], failed: 'unavailable' },
      ),
    }),
    () => ({
      ...{
        kind: 'opaque',
        type: 'mcp',
        raw: { format: c.one('openai-responses', 'anthropic-messages'), value: 0 },
      },
      ...c.members(50, { run: () => c.word() }),
      remote: c.one<RemoteCall>(
        { called: { server: c.word(), name: c.word(), input: c.one('{}', '', c.text()) } },
        { called: { server: c.word(), name: c.word(), input: '{}' }, output: c.text() },
        { output: c.one(c.text(), '') },
        { output: c.text(), failed: true },
      ),
    }),
    () => ({
      kind: 'image',
      source: c.one<MediaSource>(
        { from: 'base64', mediaType: 'image/png', data: 'AAAA' },
        { from: 'url', url: `https://e.com/${c.word()}` },
        { from: 'file-id', id: c.word(), format: 'anthropic-messages' },
      ),
    }),
    () => ({
      kind: 'opaque',
      type: 'server_tool_use',
      raw: {
        format: 'anthropic-messages',
        value: { type: 'server_tool_use', id: c.word(), name: 'web_search', input: {} },
      },
    }),
  );
}

function partDelta(c: Choices): PartDelta {
  return c.pick<PartDelta>(
    () => ({ kind: 'text', text: c.one(c.text(), '') }),
    () => ({ kind: 'input', text: c.one('{}', '', c.text()) }),
    () => ({
      kind: 'reasoning',
      form: c.one('summary', 'content'),
      section: c.below(3),
      text: c.one(c.text(), ''),
    }),
    () => ({
      kind: 'seal',
      seal: { issuer: c.one('openai', 'anthropic', 'google', 'other'), data: c.word() },
    }),
    () => ({ kind: 'refusal', text: c.one(c.text(), '') }),
    () => ({ kind: 'citation', citation: { kind: 'url', url: `https://e.com/${c.word()}` } }),
    () => ({
      kind: 'citation',
      citation: {
        kind: 'document',
        raw: { format: 'anthropic-messages', value: { type: 'char_location', cited_text: c.word() } },
      },
    }),
    () => ({ kind: 'audio', data: c.word(), transcript: c.text() }),
  );
}
