// OpenAI Responses for the scenario table.

import type { Json } from '../strict.ts';
import {
  type Ask,
  count,
  type Dialect,
  dataOf,
  type Heard,
  list,
  object,
  type Reply,
  SAYS_ERROR,
  text,
  textIn,
} from './dialect.ts';

export const RESPONSES: Dialect = {
  format: 'openai-responses',
  path: () => '/v1/responses',
  ask: (question, model, stream) => ({
    model,
    store: false,
    include: ['reasoning.encrypted_content', ...(question.code ? ['code_interpreter_call.outputs'] : [])],
    // a mark stands on a part of a message, and instructions have no parts
    ...(question.cached ? {} : { instructions: question.system }),
    input: [
      ...(question.cached
        ? [
            {
              role: 'system',
              content: [
                { type: 'input_text', text: question.system, prompt_cache_breakpoint: { mode: 'explicit' } },
              ],
            },
          ]
        : []),
      { role: 'user', content: question.user },
    ],
    ...(question.tools && {
      tools: question.tools.map(({ name, description, schema }) => ({
        type: 'function',
        name,
        description,
        parameters: schema,
        strict: false,
      })),
    }),
    ...hostedTools(question),
    ...(question.code && { tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] }),
    ...(question.schema && {
      text: { format: { type: 'json_schema', name: 'forecast', schema: question.schema } },
    }),
    ...(question.cap && { max_output_tokens: question.cap }),
    ...(question.thinking && { reasoning: { effort: 'medium', summary: 'auto' } }),
    ...(stream && { stream }),
  }),
  fold: (events) => object(events.at(-1)?.response),
  read(answer) {
    const output = list(answer.output);
    const content = output.flatMap((item) => (item.type === 'message' ? list(item.content) : []));
    const usage = object(answer.usage);
    const refusal = content.map((part) => text(part.refusal)).join('');
    const { reason } = object(answer.incomplete_details);
    const calls = callsOf(output);
    if (!['completed', 'incomplete'].includes(text(answer.status)))
      throw new Error(`no finish: ${JSON.stringify(answer)}`);
    return {
      text: textIn(content),
      ran: ranIn(output),
      found: foundIn(output),
      remote: remoteIn(output),
      thoughts: output
        .map(({ type, summary, content: raw }) =>
          type === 'reasoning' ? textIn(summary) || textIn(raw) : '',
        )
        .join(''),
      refused: refusal !== '' || reason === 'content_filter',
      refusal,
      calls,
      finish:
        reason === 'max_output_tokens'
          ? 'length'
          : refusal !== '' || reason === 'content_filter'
            ? 'refusal'
            : calls.length > 0
              ? 'tool'
              : 'end',
      stopSequence: undefined,
      tokens: {
        input: count(usage.input_tokens),
        cached: count(object(usage.input_tokens_details).cached_tokens),
        output: count(usage.output_tokens),
      },
    };
  },
  goOn: (asked, answer, results, next) => ({
    ...asked,
    input: [
      ...list(asked.input),
      ...list(answer.output),
      ...(next === undefined ? [] : [{ role: 'user', content: next }]),
      ...results.map(({ callId, text: said, image, isError }) => ({
        type: 'function_call_output',
        call_id: callId,
        output:
          image === undefined
            ? isError
              ? `Error: ${said}`
              : said
            : [
                { type: 'input_text', text: said },
                { type: 'input_image', image_url: `data:image/png;base64,${image}`, detail: 'auto' },
              ],
      })),
    ],
  }),
  failure(body) {
    const error = object(body.error ?? object(body.response).error);
    return body.type === 'response.failed' || body.error ? text(error.message) : undefined;
  },
  hear(body): Heard {
    const items = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : list(body.input);
    const of = (...roles: string[]) => items.filter(({ role }) => roles.includes(text(role)));
    const outputs = items.filter(({ type }) => type === 'function_call_output');
    const format = object(object(body.text).format);
    return {
      system: [
        text(body.instructions),
        ...of('system', 'developer').map(({ content }: Json) => textIn(content)),
      ].join('\n'),
      user: of('user')
        .map(({ content }: Json) => textIn(content))
        .join('\n'),
      tools: list(body.tools).map(({ name, parameters }) => ({ name: text(name), schema: parameters })),
      calls: callsOf(items),
      results: outputs.map(({ call_id, output }: Json) => ({
        callId: text(call_id),
        text: textIn(output),
        isError: SAYS_ERROR.test(textIn(output)),
      })),
      images: items.flatMap(({ content, output }: Json) =>
        [...list(content), ...list(output)].flatMap(({ image_url }) => dataOf(image_url)),
      ),
      schema: { schema: format.schema, name: format.name },
      stop: [],
      cap: body.max_output_tokens as number | undefined,
      thinks: body.reasoning !== undefined,
      budget: undefined,
      cacheMarks: items.flatMap(({ content }: Json) =>
        list(content).filter((part) => part.prompt_cache_breakpoint),
      ).length,
      runsCode: list(body.tools).some(({ type }) => type === 'code_interpreter'),
      findsTools: deferredIn(body),
      server: serverIn(body),
    };
  },
};

function ranIn(items: Json[]): Reply['ran'] {
  const item = items.find(({ type }) => type === 'code_interpreter_call');
  return (
    item && {
      source: text(item.code),
      printed: list(item.outputs)
        .map(({ logs }) => text(logs))
        .join(''),
    }
  );
}

function callsOf(items: Json[]): Reply['calls'] {
  return items
    .filter(({ type }) => type === 'function_call')
    .map((item) => ({
      id: text(item.call_id),
      name: text(item.name),
      args: JSON.parse(text(item.arguments)),
    }));
}

function hostedTools({ finds, server, tools = [] }: Ask): Json {
  if (finds)
    return {
      tools: [
        { type: 'tool_search' },
        ...tools.map(({ name, description, schema }) => ({
          ...{ type: 'function', name, description, parameters: schema, strict: false, defer_loading: true },
        })),
      ],
    };
  if (!server) return {};
  const { name, url, token, tool } = server;
  return {
    tools: [
      {
        ...{ type: 'mcp', server_label: name, server_url: url, authorization: token },
        ...{ allowed_tools: [tool], require_approval: 'never' },
      },
    ],
  };
}

function foundIn(items: Json[]): string[] {
  return items
    .filter(({ type }) => type === 'tool_search_output')
    .flatMap(({ tools }) => list(tools))
    .map(({ name }) => text(name));
}

function remoteIn(items: Json[]): Reply['remote'] {
  const call = items.find(({ type }) => type === 'mcp_call');
  if (!call) return undefined;
  const args: unknown = JSON.parse(text(call.arguments));
  return { server: text(call.server_label), name: text(call.name), args, output: text(call.output) };
}

function deferredIn(body: Json): string[] {
  const tools = list(body.tools);
  if (!tools.some(({ type }) => type === 'tool_search')) return [];
  return tools.flatMap(({ name, defer_loading }) => (defer_loading === true ? [text(name)] : []));
}

function serverIn(body: Json): Heard['server'] {
  const tool = list(body.tools).find(({ type }) => type === 'mcp');
  if (tool?.require_approval !== 'never') return undefined;
  const [allowed] = tool.allowed_tools as string[];
  const { server_label, server_url, authorization } = tool;
  const whose = { name: text(server_label), url: text(server_url), token: text(authorization) };
  return { ...whose, tool: text(allowed) };
}
