// The OpenAI library on Responses: plain, events read by hand, and its own helper.

import OpenAI from 'openai';
import type {
  FunctionTool,
  Response,
  ResponseInputItem,
  ResponseStreamEvent,
} from 'openai/resources/responses/responses';
import type { Client, Outcome, Target, ToolBox } from './client.ts';
import { PROMPT, SYSTEM, TOOLS } from './scenarios.ts';

const RESPONSES_TOOLS: FunctionTool[] = TOOLS.map(({ name, description, parameters }) => ({
  type: 'function',
  name,
  description,
  parameters,
  strict: false,
}));
function clientOf(target: Target): OpenAI {
  return new OpenAI({ baseURL: target.baseUrl, apiKey: target.key, maxRetries: 0 });
}
type Outputs = Pick<Response, 'output' | 'usage'>;

async function responsesLoop(
  ask: (input: ResponseInputItem[]) => Promise<Outputs>,
  tools: ToolBox,
): Promise<Outcome> {
  const input: ResponseInputItem[] = [{ role: 'user', content: PROMPT }];
  const tokens = { input: 0, output: 0, cached: 0 };
  for (let turn = 0; turn < 4; turn += 1) {
    const answer = await ask(input);
    tokens.input += answer.usage?.input_tokens ?? 0;
    tokens.output += answer.usage?.output_tokens ?? 0;
    tokens.cached += answer.usage?.input_tokens_details?.cached_tokens ?? 0;
    input.push(...(answer.output as ResponseInputItem[]));
    const calls = answer.output.filter((item) => item.type === 'function_call');
    if (calls.length === 0) {
      const parts = answer.output.flatMap((item) => (item.type === 'message' ? item.content : []));
      return { text: parts.map((part) => (part.type === 'output_text' ? part.text : '')).join(''), tokens };
    }
    for (const call of calls) {
      const output = tools.run(call.name, JSON.parse(call.arguments));
      input.push({ type: 'function_call_output', call_id: call.call_id, output });
    }
  }
  throw new Error('the model never stopped calling tools');
}

/** Trusts the finished items only, as coding agents do, and the terminal event for usage. */
async function foldEvents(stream: AsyncIterable<ResponseStreamEvent>): Promise<Outputs> {
  const output: Response['output'] = [];
  let last: Response | undefined;
  for await (const event of stream) {
    if (event.type === 'response.output_item.done') output[event.output_index] = event.item;
    if (event.type === 'response.completed') last = event.response;
    if (event.type === 'response.failed') throw new Error(event.response.error?.message ?? 'failed');
  }
  if (last === undefined) throw new Error('the stream never completed');
  if (last.output.length !== output.length)
    throw new Error('completed does not hold the items that were done');
  return { output, ...(last.usage === undefined ? {} : { usage: last.usage }) };
}

function responsesRequest(target: Target, input: ResponseInputItem[]) {
  return {
    model: target.model,
    instructions: SYSTEM,
    input,
    tools: RESPONSES_TOOLS,
    store: false,
    include: ['reasoning.encrypted_content' as const],
  };
}
export const OPENAI_RESPONSES_CLIENTS: Client[] = [
  {
    name: 'openai-responses-plain',
    format: 'openai-responses',
    echoesReasoning: true,
    converse: (target, tools) =>
      responsesLoop((input) => clientOf(target).responses.create(responsesRequest(target, input)), tools),
  },
  {
    name: 'openai-responses-stream',
    format: 'openai-responses',
    echoesReasoning: true,
    converse: (target, tools) =>
      responsesLoop(
        async (input) =>
          foldEvents(
            await clientOf(target).responses.create({ ...responsesRequest(target, input), stream: true }),
          ),
        tools,
      ),
  },
  {
    name: 'openai-responses-helper',
    format: 'openai-responses',
    echoesReasoning: true,
    converse: (target, tools) =>
      responsesLoop(async (input) => {
        const done = await clientOf(target).responses.stream(responsesRequest(target, input)).finalResponse();
        // The helper adds parsed values to what it returns; they are no part of the wire format.
        const output = done.output.map((item) => {
          if (item.type === 'function_call') {
            const { parsed_arguments: _parsed, ...call } = item;
            return call;
          }
          if (item.type !== 'message') return item;
          const content = item.content.map((part) => {
            if (part.type !== 'output_text') return part;
            const { parsed: _value, ...text } = part;
            return text;
          });
          return { ...item, content };
        });
        return { output, ...(done.usage === undefined ? {} : { usage: done.usage }) };
      }, tools),
  },
];
