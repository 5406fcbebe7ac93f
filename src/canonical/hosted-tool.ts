// Tools that run at a provider: which of them run code, and the no to those this request cannot have.

import { Fault } from './fault.ts';
import type { ToolName } from './part.ts';
import type { OpaqueTool, RemoteServer, Tool, ToolChoice } from './request.ts';

const NAME_CHARS_MAX = 64;

/** The 400 names the tool's type and where it stands. */
export function hostedToolFault(tool: OpaqueTool): Fault {
  const { type, remote, at = 'tools' } = tool;
  if (remote)
    return new Fault(
      'unsupported_parameter',
      `\`${at}\`: only OpenAI’s and Anthropic’s own models call the tools of an MCP server by themselves; choose one of them, or leave it out and call its tools yourself.`,
      { param: at },
    );
  const name = type.slice(0, NAME_CHARS_MAX).replace(/[^\w.:-]/g, '_');
  const message = runsCode(tool)
    ? `\`${at}\`: the tool \`${name}\` runs code, which this model's provider cannot do in the format it is asked in; leave it out or choose a model of OpenAI, Anthropic, Google or xAI.`
    : `\`${at}\`: the tool \`${name}\` runs at another provider and does not exist for this model; leave it out or choose a model that has it.`;
  return new Fault('unsupported_parameter', message, { param: at });
}

/** The server of a tool, for a format that can say it. Throws Fault `unsupported_parameter` for what nobody else does. */
export function sayableServer({ remote }: OpaqueTool): RemoteServer | undefined {
  if (!remote?.problem) return remote;
  const { message, param } = remote.problem;
  throw new Fault('unsupported_parameter', message, { param });
}

/** The provider's own tool for running code, in the words of any format. */
export function runsCode({ type, raw }: OpaqueTool): boolean {
  switch (raw.format) {
    case 'openai-responses':
      return type === 'code_interpreter';
    case 'anthropic-messages':
      return type.startsWith('code_execution_');
    case 'google-generate-content':
      return type === 'codeExecution';
    case 'openai-chat':
      return false;
    default:
      return raw.format satisfies never;
  }
}

/** The provider's own search among deferred tools, in the words of any format. */
export function searchesTools(tool: Tool): tool is OpaqueTool {
  if (tool.kind !== 'opaque') return false;
  const { raw, type } = tool;
  if (raw.format === 'openai-responses') return type === 'tool_search';
  return raw.format === 'anthropic-messages' && type.startsWith('tool_search_tool_');
}

/** Tells whether a choice among some tools has one. */
export function allowedBy({ names, hosted = [] }: ToolChoice & { mode: 'subset' }): (tool: Tool) => boolean {
  const allowed = new Set(names.map(keyOf));
  return (tool) =>
    tool.kind === 'function' || tool.kind === 'custom'
      ? allowed.has(keyOf(tool))
      : hosted.some((kind) => isChosen(tool, { mode: 'hosted', tool: kind }));
}

function keyOf({ name, namespace = '' }: ToolName): string {
  return `${namespace}\n${name}`;
}

/** The tool that a choice of a hosted one means. */
export function isChosen(tool: Tool, choice: ToolChoice & { mode: 'hosted' }): boolean {
  if (choice.tool === 'web-search') return tool.kind === 'web-search';
  return tool.kind === 'opaque' && runsCode(tool);
}
