// Tools that let a model ask another one: Anthropic's advisor, and those of OpenRouter.

import type { Loss } from '../../../canonical/loss.ts';
import type { CanonicalRequest, Tool } from '../../../canonical/request.ts';
import { editsOfList } from '../../../lib/edits-between.ts';
import { asArray, asObject, isObject, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import type { Edit } from '../../../lib/splice.ts';
import type { Call } from '../../call.ts';
import type { Candidate } from '../../candidates/candidate.ts';
import { readEntry } from './asked.ts';
import { type Asking, type Fitted, fitEntry, type Sent } from './fit.ts';

/** OpenRouter's that have models of their own even where none is named (openrouter.ai/docs, "Server Tools", "Plugins"). */
const ASKING = /^(openrouter:)?(advisor|subagent|fusion|image_generation|auto-router|pareto-router)$/;
const UNPRICED = 'the models that it asks have no price here';
const NO_ADVICE = 'models of this provider can ask no other one';
const CHOICE_GONE = 'the tool it names is left out';

/**
 * The tools of a client's own body as this provider takes them: models by its own names, without what asks one that
 * may not be asked, which is a loss each. `given`: the tools as earlier edits leave them, at the places that they had.
 */
export function fitAskingTools(
  asking: Asking,
  losses: Loss[],
  given: readonly (JsonValue | undefined)[],
): Fitted {
  const { call } = asking;
  const sent: Sent[] = [];
  // nearly all that clients bring are their own
  if (!asArray(call.body.tools).some(isHosted)) return { edits: [], sent };
  const gone = new Set<JsonValue>();
  const tools = given.map((tool, i): JsonValue | undefined => {
    if (!isObject(tool)) return tool;
    const fitted = fitTool(tool, `tools[${i}]`, asking, sent, losses);
    if (fitted === undefined) gone.add(tool.name ?? null);
    return fitted;
  });
  const edits = editsOfList('tools', given, tools);
  const { tool_choice: choice } = call.body;
  const isLeft =
    tools.some((tool) => tool !== undefined) && !(isObject(choice) && gone.has(choice.name ?? ''));
  if (edits.length > 0 && choice !== undefined && !isLeft) {
    edits.push({ path: ['tool_choice'], json: undefined });
    losses.push({ path: 'tool_choice', action: 'dropped', reason: CHOICE_GONE });
  }
  return { edits, sent };
}

/** The same for a request that is written anew; an advisor is nobody else's to ask than the provider's whose tool it is. */
export function fitOpaqueTools(
  request: CanonicalRequest,
  asking: Asking,
  losses: Loss[],
): { request: CanonicalRequest; sent: Sent[] } {
  const sent: Sent[] = [];
  const gone = new Set<JsonValue>();
  const tools = request.tools.flatMap((tool): Tool[] => {
    if (tool.kind !== 'opaque' || !isObject(tool.raw.value)) return [tool];
    const path = tool.at ?? 'tools';
    const { value } = tool.raw;
    const isTheirs = tool.raw.format === asking.upstream.id;
    if (!isTheirs && !tool.type.startsWith('advisor_')) return [tool];
    if (!isTheirs) losses.push({ path, action: 'dropped', reason: NO_ADVICE });
    const fitted = isTheirs ? fitTool(value, path, asking, sent, losses) : undefined;
    if (fitted) return [{ ...tool, raw: { ...tool.raw, value: fitted } }];
    gone.add(value.name ?? null);
    return [];
  });
  if (gone.size === 0) return { request: sent.length === 0 ? request : { ...request, tools }, sent };
  const { toolChoice, ...rest } = request;
  const isNamed = toolChoice?.mode === 'one' && gone.has(toolChoice.name);
  if (!toolChoice || (tools.length > 0 && !isNamed)) return { request: { ...request, tools }, sent };
  losses.push({ path: request.origin.toolChoice ?? 'tool_choice', action: 'dropped', reason: CHOICE_GONE });
  return { request: { ...rest, tools }, sent };
}

function isHosted(tool: JsonValue): tool is JsonObject & { type: string } {
  return (
    isObject(tool) && typeof tool.type === 'string' && tool.type !== 'custom' && tool.type !== 'function'
  );
}

/** What has, or may have, a model of its own. */
export function mayAsk(tool: JsonValue): boolean {
  return isHosted(tool) && (tool.model !== undefined || tool.type.startsWith('openrouter:'));
}

/** Undefined for one that is left out. */
function fitTool(
  tool: JsonObject,
  path: string,
  asking: Asking,
  sent: Sent[],
  losses: Loss[],
): JsonObject | undefined {
  if (!isHosted(tool)) return tool;
  const { call, ports, upstream } = asking;
  const { type } = tool;
  const drop = (reason: string) => {
    losses.push({ path, action: 'dropped', reason });
    return undefined;
  };
  if (type.startsWith('openrouter:') && (ASKING.test(type) || namesModels(tool))) return drop(UNPRICED);
  const entry = upstream.asksOthers?.byTools ? readEntry(tool, ports.models, call.startedMs) : null;
  if (!entry) return tool;
  const fitted = fitEntry(entry, asking);
  if ('why' in fitted) return drop(fitted.why);
  sent.push(fitted);
  return fitted.sentAs === entry.name ? tool : { ...tool, model: fitted.sentAs };
}

function namesModels(entry: JsonObject): boolean {
  const names = [...Object.keys(entry), ...Object.keys(asObject(entry.parameters))];
  return names.some((name) => /(^|_)models?$/.test(name));
}

/** What OpenRouter alone takes in a body of any format, and what would choose or ask other models there. */
export function routingEdits({ body, codec }: Call, { provider }: Candidate, losses: Loss[]): Edit[] {
  const edits: Edit[] = [];
  const drop = (member: string, reason: string) => {
    edits.push({ path: [member], json: undefined });
    losses.push({ path: member, action: 'dropped', reason });
  };
  const has = (member: string) => (body[member] ?? null) !== null;
  for (const member of codec.asksOthers?.unread ?? [])
    if (has(member)) drop(member, 'which model would answer is not known');
  if (!isOpenRouter(provider)) return edits;
  if (has('preset')) drop('preset', 'what it stands for at the provider may choose another model');
  const plugins = asArray(body.plugins);
  const isAsking = (plugin: JsonValue) =>
    isObject(plugin) && (ASKING.test(String(plugin.id)) || namesModels(plugin));
  const kept = plugins.map((plugin, i) => {
    if (!isAsking(plugin)) return plugin;
    losses.push({ path: `plugins[${i}]`, action: 'dropped', reason: UNPRICED });
    return undefined;
  });
  return [...edits, ...editsOfList('plugins', plugins, kept)];
}

/** Also by another name than the one it is known by. */
function isOpenRouter({ quirks, baseUrl }: Candidate['provider']): boolean {
  return quirks.search === 'openrouter' || /^https:\/\/([\w-]+\.)*openrouter\.ai(\/|$)/.test(baseUrl);
}
