// What a provider says of a search among deferred tools and of a call to a remote server, in the published shapes.

import type { Asked, Turn } from './script.ts';

type Json = Record<string, unknown>;

const toolsOf = ({ body }: Asked): Json[] => (Array.isArray(body.tools) ? (body.tools as Json[]) : []);

/** Only those who have the tool are told of its runs, whatever the script says. */
function has(asked: Asked, type: RegExp): boolean {
  return toolsOf(asked).some((tool) => type.test(String(tool.type)));
}

/** Pairs of a call and what came of it. */
export function hostedBlocks({ finds, remote }: Turn, asked: Asked): [call: Json, result: Json][] {
  const pairs: [Json, Json][] = [];
  if (finds && has(asked, /^tool_search_tool_/)) {
    const id = 'srvtoolu_3';
    const { query, names } = finds;
    const name = 'tool_search_tool_bm25';
    pairs.push([
      { type: 'server_tool_use', id, name, input: { query }, caller: { type: 'direct' } },
      {
        ...{ type: 'tool_search_tool_result', tool_use_id: id },
        content: {
          type: 'tool_search_tool_search_result',
          tool_references: names.map((tool_name) => ({ type: 'tool_reference', tool_name })),
        },
      },
    ]);
  }
  if (remote && has(asked, /^mcp_toolset$/)) {
    const id = 'mcptoolu_4';
    const { server, name, args, output } = remote;
    pairs.push([
      { type: 'mcp_tool_use', id, name, server_name: server, input: JSON.parse(args) },
      {
        ...{ type: 'mcp_tool_result', tool_use_id: id, is_error: false },
        content: [{ type: 'text', text: output }],
      },
    ]);
  }
  return pairs;
}

export function hostedItems({ finds, remote }: Turn, asked: Asked): Json[] {
  const { position } = asked;
  const items: Json[] = [];
  if (finds && has(asked, /^tool_search$/)) {
    const common = { call_id: null, execution: 'server', status: 'completed' };
    const tools = toolsOf(asked).filter(({ name }) => finds.names.includes(String(name)));
    items.push(
      {
        ...{ id: `tsc_scripted${position}`, type: 'tool_search_call', ...common },
        arguments: { query: finds.query },
      },
      { id: `tso_scripted${position}`, type: 'tool_search_output', ...common, tools },
    );
  }
  if (remote && has(asked, /^mcp$/)) {
    const { server, name, args, output } = remote;
    items.push({
      ...{ id: `mcp_scripted${position}`, type: 'mcp_call', status: 'completed', server_label: server, name },
      ...{ arguments: args, output, error: null, approval_request_id: null },
    });
  }
  return items;
}

type Emit = (type: string, members: Json) => void;

export function emitHosted(emit: Emit, item: Json, output_index: number): void {
  const at = { item_id: item.id, output_index };
  const isCall = item.type === 'mcp_call';
  const empty = isCall ? { arguments: '', output: null } : {};
  emit('response.output_item.added', { output_index, item: { ...item, status: 'in_progress', ...empty } });
  if (isCall) {
    emit('response.mcp_call.in_progress', at);
    emit('response.mcp_call_arguments.delta', { ...at, delta: item.arguments });
    emit('response.mcp_call_arguments.done', { ...at, arguments: item.arguments });
    emit('response.mcp_call.completed', at);
  }
  emit('response.output_item.done', { output_index, item });
}
