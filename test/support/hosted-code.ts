// Answers in which a provider ran code, whole and streamed, in the shapes that the official SDKs type.

import { anthropicMessages } from '../../src/formats/anthropic-messages/index.ts';
import type { Codec } from '../../src/formats/codec.ts';
import { googleGenerateContent } from '../../src/formats/google-generate-content/index.ts';
import { openaiResponses } from '../../src/formats/openai-responses/index.ts';
import type { JsonObject } from '../../src/lib/json.ts';

/** What the bytes of the picture are; a PNG by its first bytes alone. */
export const PICTURE = 'iVBORw0KGgoAAAANSUhEUg==';
export const SAID = 'There are two files.';

const CONTAINER = { id: 'container_011CPR5', expires_at: '2026-11-29T12:00:00Z', skills: null };
const MESSAGE: JsonObject = {
  ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', stop_sequence: null },
};
const RUN = {
  type: 'server_tool_use',
  id: 'srvtoolu_01',
  name: 'bash_code_execution',
  caller: { type: 'direct' },
};
const RAN = {
  ...{ type: 'bash_code_execution_tool_result', tool_use_id: 'srvtoolu_01' },
  content: {
    ...{ type: 'bash_code_execution_result', stdout: 'a.csv\nb.csv\n', stderr: '', return_code: 0 },
    content: [{ type: 'bash_code_execution_output', file_id: 'file_011' }],
  },
};
const INPUT = { command: 'ls' };
const CLAUDE_USAGE = { input_tokens: 20, output_tokens: 30, server_tool_use: { code_execution_requests: 1 } };

const CLAUDE_BODY: JsonObject = {
  ...MESSAGE,
  content: [{ ...RUN, input: INPUT }, RAN, { type: 'text', text: SAID }],
  ...{ stop_reason: 'end_turn', container: CONTAINER, usage: CLAUDE_USAGE },
};
const block = (index: number, content_block: JsonObject, ...deltas: JsonObject[]): JsonObject[] => [
  { type: 'content_block_start', index, content_block },
  ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
  { type: 'content_block_stop', index },
];
const CLAUDE_EVENTS: JsonObject[] = [
  {
    type: 'message_start',
    message: {
      ...{ ...MESSAGE, content: [], stop_reason: null, container: null },
      usage: { input_tokens: 20, output_tokens: 1 },
    },
  },
  ...block(
    0,
    { ...RUN, input: {} },
    { type: 'input_json_delta', partial_json: '{"command":' },
    { type: 'input_json_delta', partial_json: '"ls"}' },
  ),
  ...block(1, RAN),
  ...block(2, { type: 'text', text: '' }, { type: 'text_delta', text: SAID }),
  {
    ...{ type: 'message_delta', delta: { stop_reason: 'end_turn', container: CONTAINER } },
    usage: CLAUDE_USAGE,
  },
  { type: 'message_stop' },
];

const item = (status: string, outputs: JsonObject[] | null, code: string): JsonObject => ({
  ...{ id: 'ci_1', type: 'code_interpreter_call', status, code, container_id: 'cntr_1', outputs },
});
const OUTPUTS = [
  { type: 'logs', logs: '45\n' },
  { type: 'image', url: `data:image/png;base64,${PICTURE}` },
];
const ITEM = item('completed', OUTPUTS, 'print(sum(range(10)))');
const message = (status: string, content: JsonObject[]): JsonObject => ({
  ...{ id: 'msg_1', type: 'message', role: 'assistant', status, content },
});
const PART = { type: 'output_text', text: SAID, annotations: [], logprobs: [] };
const response = (status: string, output: JsonObject[], usage: JsonObject | null): JsonObject => ({
  ...{ id: 'resp_1', object: 'response', created_at: 1, model: 'gpt', status, error: null, output },
  ...{ incomplete_details: null, instructions: null, metadata: {}, parallel_tool_calls: true },
  tools: [{ type: 'code_interpreter', container: { type: 'auto' } }],
  ...{ temperature: 1, top_p: 1, tool_choice: 'auto', usage },
});
const GPT_USAGE = {
  ...{ input_tokens: 20, input_tokens_details: { cached_tokens: 0 } },
  ...{ output_tokens: 30, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 50 },
};
const GPT_BODY = response('completed', [ITEM, message('completed', [PART])], GPT_USAGE);
const code = { item_id: 'ci_1', output_index: 0 };
const text = { item_id: 'msg_1', output_index: 1, content_index: 0 };
const GPT_EVENTS: JsonObject[] = [
  { type: 'response.created', response: response('in_progress', [], null) },
  { type: 'response.output_item.added', output_index: 0, item: item('in_progress', null, '') },
  { type: 'response.code_interpreter_call.in_progress', ...code },
  { type: 'response.code_interpreter_call_code.delta', ...code, delta: 'print(sum(range(10)))' },
  { type: 'response.code_interpreter_call_code.done', ...code, code: 'print(sum(range(10)))' },
  { type: 'response.code_interpreter_call.interpreting', ...code },
  { type: 'response.code_interpreter_call.completed', ...code },
  { type: 'response.output_item.done', output_index: 0, item: ITEM },
  { type: 'response.output_item.added', output_index: 1, item: message('in_progress', []) },
  { type: 'response.content_part.added', ...text, part: { ...PART, text: '' } },
  { type: 'response.output_text.delta', ...text, delta: SAID, logprobs: [] },
  { type: 'response.output_text.done', ...text, text: SAID, logprobs: [] },
  { type: 'response.content_part.done', ...text, part: PART },
  { type: 'response.output_item.done', output_index: 1, item: message('completed', [PART]) },
  { type: 'response.completed', response: GPT_BODY },
];

const GEMINI_PARTS: JsonObject[] = [
  { executableCode: { language: 'PYTHON', code: 'plot()' } },
  { codeExecutionResult: { outcome: 'OUTCOME_OK', output: 'drawn\n' } },
  { inlineData: { mimeType: 'image/png', data: PICTURE } },
  { text: SAID },
];
const piece = (parts: JsonObject[], more: JsonObject): JsonObject => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, ...more }],
  ...{ modelVersion: 'gemini-3.6-flash', responseId: 'r1' },
});
const GEMINI_USAGE = {
  usageMetadata: { promptTokenCount: 20, candidatesTokenCount: 30, totalTokenCount: 50 },
};

/** Who ran the code. */
export const RUNNERS: Record<string, { codec: Codec; body: JsonObject; events: JsonObject[] }> = {
  claude: { codec: anthropicMessages, body: CLAUDE_BODY, events: CLAUDE_EVENTS },
  gpt: { codec: openaiResponses, body: GPT_BODY, events: GPT_EVENTS },
  gemini: {
    codec: googleGenerateContent,
    body: { ...piece(GEMINI_PARTS, { finishReason: 'STOP' }), ...GEMINI_USAGE },
    events: GEMINI_PARTS.map((part, i) =>
      i === GEMINI_PARTS.length - 1
        ? { ...piece([part], { finishReason: 'STOP' }), ...GEMINI_USAGE }
        : piece([part], {}),
    ),
  },
};
