// Canonical tools, and the choice among them, as Google declares them.

import { allowedBy, hostedToolFault, runsCode } from '../../../canonical/hosted-tool.ts';
import type { FunctionTool, OpaqueTool, Tool, ToolChoice } from '../../../canonical/request.ts';
import { asObject, compact, isObject, type JsonObject } from '../../../lib/json.ts';
import { foreignCodeLosses } from '../../code-tool.ts';
import { GOOGLE } from '../../schema/dialect.ts';
import { fitArguments, listed } from '../../schema/fit.ts';
import { FORMAT, generationOf } from '../names.ts';
import { dropMark, lose, note, unsupported, type Writing } from './writing.ts';

/** `tools` and `toolConfig`; both absent when there is nothing to call. Sets `tellsRuns`. */
export function encodeTools(writing: Writing): JsonObject {
  const { request } = writing;
  const offered = offeredTools(writing);
  if (request.parallelTools === false)
    lose(writing, 'parallelTools', 'dropped', 'Google always may call several');
  const functions = offered.filter((tool) => tool.kind === 'function');
  const hosted = offered.filter((tool) => mayStand(tool, functions.length > 0, writing));
  if (functions.length + hosted.length === 0) {
    if (request.toolChoice) lose(writing, 'toolChoice', 'dropped', 'there are no tools to choose from');
    return {};
  }
  const isStrict =
    functions.length > 0 && functions.every((tool) => tool.strict === true) && mayBeFree(request.toolChoice);
  const functionDeclarations = functions.map((tool) => encodeFunction(tool, isStrict, writing));
  const tools = [
    ...(functionDeclarations.length > 0 ? [{ functionDeclarations }] : []),
    ...hosted.flatMap((tool) => encodeHosted(tool, writing)),
  ];
  writing.tellsRuns = functions.length > 0 && hosted.length > 0;
  const toolConfig = compact({
    functionCallingConfig: isStrict ? { mode: 'VALIDATED' } : encodeChoice(writing, functions.length > 0),
    [BESIDE_FUNCTIONS]: writing.tellsRuns || undefined,
  });
  return Object.keys(toolConfig).length > 0 ? { tools, toolConfig } : { tools };
}

/** Google refuses tools of its own beside functions without this member (ai.google.dev, "Tool combination"). */
const BESIDE_FUNCTIONS = 'includeServerSideToolInvocations';

/** From this generation on they may stand beside functions at all. */
const BESIDE_GENERATION = 3;

/** Whether a tool that runs at Google may be sent: none that a choice forbids, and none that spoils the functions. */
function mayStand(tool: Tool, hasFunctions: boolean, writing: Writing): boolean {
  const { request, target } = writing;
  if (tool.kind === 'function') return false;
  if (tool.kind === 'custom') return true;
  const isOwn = tool.raw.format === FORMAT;
  const isRemote = tool.kind === 'opaque' && tool.remote !== undefined;
  if (request.toolChoice?.mode === 'none' && !isOwn && !isRemote) {
    note(writing, tool.at ?? 'tools', 'dropped', 'no tool may run, and Google’s own cannot be kept from it');
    return false;
  }
  const mayMix =
    (generationOf(target.model) ?? BESIDE_GENERATION) >= BESIDE_GENERATION &&
    !target.refuses?.includes(BESIDE_FUNCTIONS);
  if (!hasFunctions || mayMix) return true;
  if (tool.kind !== 'web-search' || tool.at === 'web_search')
    throw unsupported(tool.at, 'its own tools cannot stand beside functions');
  note(writing, tool.at ?? 'tools', 'dropped', 'the model’s own search cannot stand beside functions');
  return false;
}

/** `VALIDATED` is a mode of its own, so it cannot be had together with a forced call or none. */
function mayBeFree(choice: ToolChoice | undefined): boolean {
  return choice === undefined || choice.mode === 'auto';
}

/** A choice among some tools that may also call none, or with some of Google's own, is kept by sending only those. */
function offeredTools(writing: Writing): Tool[] {
  const { tools, toolChoice } = writing.request;
  if (toolChoice?.mode !== 'subset') return tools;
  if (toolChoice.required && (toolChoice.hosted ?? []).length === 0) return tools;
  lose(writing, 'toolChoice', 'changed', 'only the allowed tools were sent');
  const isAllowed = allowedBy(toolChoice);
  return tools.filter((tool) => {
    if (isAllowed(tool)) return true;
    note(writing, tool.at ?? 'tools', 'dropped', 'the choice does not allow it');
    return false;
  });
}

function encodeFunction(tool: FunctionTool, isStrict: boolean, writing: Writing): JsonObject {
  const { name, namespace, description, at } = tool;
  if (namespace !== undefined) throw unsupported(at, 'namespaces of tools are not known there');
  dropMark(tool, writing);
  if (tool.strict && !isStrict)
    note(writing, tool.strictAt ?? at, 'changed', 'Google keeps to schemas for all tools or for none');
  const { schema, changed } = fitArguments(tool.schema, GOOGLE, writing.room);
  if (changed.length > 0) note(writing, at, 'changed', `Google does not know ${listed(changed)} in a schema`);
  return compact({ name, description, parametersJsonSchema: schema });
}

/** Anthropic's tool that reads pages has a counterpart; the tokens of the pages are all that it costs. */
function readsPages({ type, raw }: OpaqueTool): boolean {
  return raw.format === 'anthropic-messages' && type.startsWith('web_fetch_');
}

const NOT_FORCED = 'Google’s own tools cannot be forced; the choice became auto';
const NO_LIMITS = 'Google’s search takes no limits';

function encodeHosted(tool: Tool, writing: Writing): JsonObject[] {
  switch (tool.kind) {
    case 'function':
      return [];
    case 'web-search': {
      if (tool.raw.format === FORMAT && isObject(tool.raw.value)) return [tool.raw.value];
      const { allowedDomains, blockedDomains, location, contextSize, maxUses, maxUsesAt } = tool;
      const isLimited = maxUses !== undefined && maxUsesAt === undefined;
      const hasLimits = [allowedDomains, blockedDomains, location, contextSize].some(
        (one) => one !== undefined,
      );
      if (hasLimits || isLimited) note(writing, tool.at, 'changed', NO_LIMITS);
      if (maxUses !== undefined && maxUsesAt !== undefined) note(writing, maxUsesAt, 'dropped', NO_LIMITS);
      return [{ googleSearch: {} }];
    }
    case 'opaque':
      if (tool.raw.format === FORMAT && isObject(tool.raw.value)) return [tool.raw.value];
      if (readsPages(tool)) {
        if (Object.keys(asObject(tool.raw.value)).length > 2)
          note(writing, tool.at, 'changed', 'Google reads pages without limits');
        return [{ urlContext: {} }];
      }
      if (!runsCode(tool) || writing.target.runsCode === false) throw hostedToolFault(tool);
      writing.losses.push(...foreignCodeLosses(tool));
      return [{ codeExecution: {} }];
    case 'custom':
      throw unsupported(tool.at, 'it has no free-text tools');
    default:
      return tool satisfies never;
  }
}

/** The config is about functions alone: without any it is refused. */
function encodeChoice(writing: Writing, hasFunctions: boolean): JsonObject | undefined {
  const { toolChoice, origin } = writing.request;
  if (toolChoice?.mode === 'opaque')
    throw unsupported(origin.toolChoice ?? 'tool_choice', 'it has no such choice');
  if (!hasFunctions) {
    if (toolChoice && toolChoice.mode !== 'auto') lose(writing, 'toolChoice', 'changed', NOT_FORCED);
    return undefined;
  }
  switch (toolChoice?.mode) {
    case undefined:
      return undefined;
    case 'auto':
      return { mode: 'AUTO' };
    case 'none':
      return { mode: 'NONE' };
    case 'required':
      return { mode: 'ANY' };
    case 'one':
      return { mode: 'ANY', allowedFunctionNames: [toolChoice.name] };
    case 'subset':
      return toolChoice.required && (toolChoice.hosted ?? []).length === 0
        ? { mode: 'ANY', allowedFunctionNames: toolChoice.names.map(({ name }) => name) }
        : { mode: 'AUTO' };
    case 'hosted':
      lose(writing, 'toolChoice', 'changed', NOT_FORCED);
      return { mode: 'AUTO' };
    default:
      return toolChoice satisfies never;
  }
}
