// Anthropic Messages for the scenario table.

import type { Json } from '../strict.ts';
import {
  type Ask,
  count,
  type Dialect,
  type Heard,
  list,
  object,
  type Reply,
  text,
  textIn,
} from './dialect.ts';

const FINISHES: Record<string, Reply['finish']> = {
  end_turn: 'end',
  tool_use: 'tool',
  max_tokens: 'length',
  stop_sequence: 'stop',
  refusal: 'refusal',
};

export const MESSAGES: Dialect = {
  format: 'anthropic-messages',
  path: () => '/v1/messages',
  ask: (question, model, stream) => ({
    model,
    max_tokens: question.cap ?? 4096,
    system: question.cached
      ? [{ type: 'text', text: question.system, cache_control: { type: 'ephemeral' } }]
      : question.system,
    messages: [{ role: 'user', content: question.user }],
    ...(question.tools && {
      tools: question.tools.map(({ name, description, schema }) => ({
        name,
        description,
        input_schema: schema,
      })),
    }),
    ...hostedTools(question),
    ...(question.code && { tools: [{ type: 'code_execution_20250825', name: 'code_execution' }] }),
    ...(question.schema && { output_config: { format: { type: 'json_schema', schema: question.schema } } }),
    ...(question.stop && { stop_sequences: [question.stop] }),
    ...(question.thinking && { thinking: { type: 'enabled', budget_tokens: 2048 } }),
    ...(stream && { stream }),
  }),
  fold(events) {
    const message: Json = {};
    const content: Json[] = [];
    const inputs: string[] = [];
    for (const event of events) {
      const at = count(event.index);
      if (event.type === 'message_start') Object.assign(message, object(event.message));
      if (event.type === 'content_block_start') content[at] = { ...object(event.content_block) };
      if (event.type === 'content_block_delta') {
        const { type: _type, partial_json, ...delta } = object(event.delta);
        if (partial_json !== undefined) inputs[at] = (inputs[at] ?? '') + text(partial_json);
        for (const [name, piece] of Object.entries(delta)) {
          const block = object(content[at]);
          block[name] = text(block[name]) + text(piece);
        }
      }
      if (event.type === 'message_delta') {
        Object.assign(message, object(event.delta));
        message.usage = { ...object(message.usage), ...object(event.usage) };
      }
    }
    for (const [at, input] of inputs.entries()) if (input) object(content[at]).input = JSON.parse(input);
    return { ...message, content };
  },
  read(answer) {
    const blocks = list(answer.content);
    const usage = object(answer.usage);
    const finish = FINISHES[text(answer.stop_reason)];
    if (finish === undefined) throw new Error(`no finish: ${JSON.stringify(answer)}`);
    const cached = count(usage.cache_read_input_tokens);
    const said = textIn(blocks);
    return {
      text: said,
      ran: ranIn(blocks),
      found: foundIn(blocks),
      remote: remoteIn(blocks),
      thoughts: blocks.map(({ thinking }) => text(thinking)).join(''),
      refused: finish === 'refusal',
      refusal: `${text(object(answer.stop_details).explanation)}${said}`,
      calls: callsOf(blocks),
      finish,
      stopSequence: (answer.stop_sequence as string | null) ?? undefined,
      tokens: {
        input: count(usage.input_tokens) + cached + count(usage.cache_creation_input_tokens),
        cached,
        output: count(usage.output_tokens),
      },
    };
  },
  goOn: (asked, answer, results, next) => ({
    ...asked,
    messages: [
      ...list(asked.messages),
      { role: 'assistant', content: answer.content },
      {
        role: 'user',
        content:
          next ??
          results.map(({ callId, text: said, image, isError }) => ({
            type: 'tool_result',
            tool_use_id: callId,
            ...(isError && { is_error: true }),
            content:
              image === undefined
                ? said
                : [
                    { type: 'text', text: said },
                    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: image } },
                  ],
          })),
      },
    ],
  }),
  failure: (body) => (body.type === 'error' ? text(object(body.error).message) : undefined),
  hear(body): Heard {
    const blocksOf = (role: string) =>
      list(body.messages).flatMap((message) => {
        if (message.role !== role) return [];
        return typeof message.content === 'string'
          ? [{ type: 'text', text: message.content }]
          : list(message.content);
      });
    const results = blocksOf('user').filter(({ type }) => type === 'tool_result');
    const inner = [...blocksOf('user'), ...results.flatMap(({ content }) => list(content))];
    return {
      system: textIn(body.system),
      user: textIn(blocksOf('user')),
      tools: list(body.tools).map(({ name, input_schema }) => ({ name: text(name), schema: input_schema })),
      calls: callsOf(blocksOf('assistant')),
      results: results.map(({ tool_use_id, content, is_error }) => ({
        callId: text(tool_use_id),
        text: textIn(content),
        isError: is_error === true,
      })),
      images: inner.flatMap(({ type, source }) => (type === 'image' ? [text(object(source).data)] : [])),
      schema: { schema: object(object(body.output_config).format).schema },
      stop: list(body.stop_sequences) as unknown as string[],
      cap: body.max_tokens as number,
      thinks: object(body.thinking).type === 'enabled',
      budget: object(body.thinking).budget_tokens as number | undefined,
      cacheMarks: [...list(body.system), ...list(body.tools), ...inner].filter(
        ({ cache_control }) => cache_control,
      ).length,
      runsCode: list(body.tools).some(({ type }) => text(type).startsWith('code_execution')),
      findsTools: deferredIn(body),
      server: serverIn(body),
    };
  },
};

function ranIn(blocks: Json[]): Reply['ran'] {
  const call = blocks.find(({ name }) => name === 'code_execution');
  const result = blocks.find(({ type }) => type === 'code_execution_tool_result');
  if (!call || !result || result.tool_use_id !== call.id) return undefined;
  return { source: text(object(call.input).code), printed: text(object(result.content).stdout) };
}

function callsOf(blocks: Json[]): Reply['calls'] {
  return blocks
    .filter(({ type }) => type === 'tool_use')
    .map(({ id, name, input }) => ({ id: text(id), name: text(name), args: input }));
}

function hostedTools({ finds, server, tools = [] }: Ask): Json {
  if (finds)
    return {
      tools: [
        { type: 'tool_search_tool_bm25_20251119', name: 'tool_search_tool_bm25' },
        ...tools.map(({ name, description, schema }) => ({
          ...{ name, description, input_schema: schema, defer_loading: true },
        })),
      ],
    };
  if (!server) return {};
  const { name, url, token, tool } = server;
  return {
    mcp_servers: [{ type: 'url', url, name, authorization_token: token }],
    tools: [
      {
        ...{ type: 'mcp_toolset', mcp_server_name: name, default_config: { enabled: false } },
        configs: { [tool]: { enabled: true } },
      },
    ],
  };
}

function foundIn(blocks: Json[]): string[] {
  return blocks
    .filter(({ type }) => type === 'tool_search_tool_result')
    .flatMap(({ content }) => list(object(content).tool_references))
    .map(({ tool_name }) => text(tool_name));
}

function remoteIn(blocks: Json[]): Reply['remote'] {
  const call = blocks.find(({ type }) => type === 'mcp_tool_use');
  const result = blocks.find(({ type }) => type === 'mcp_tool_result');
  if (!call || !result || result.tool_use_id !== call.id) return undefined;
  const { server_name, name, input } = call;
  return { server: text(server_name), name: text(name), args: input, output: textIn(result.content) };
}

function deferredIn(body: Json): string[] {
  const tools = list(body.tools);
  if (!tools.some(({ type }) => text(type).startsWith('tool_search_tool_'))) return [];
  return tools.flatMap(({ name, defer_loading }) => (defer_loading === true ? [text(name)] : []));
}

function serverIn(body: Json): Heard['server'] {
  const [server] = list(body.mcp_servers);
  const toolset = list(body.tools).find(({ type }) => type === 'mcp_toolset');
  const [tool = ''] = Object.keys(object(toolset?.configs));
  if (!server || toolset?.mcp_server_name !== server.name) return undefined;
  const { name, url, authorization_token } = server;
  return { name: text(name), url: text(url), token: text(authorization_token), tool };
}
