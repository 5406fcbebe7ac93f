// Tools of a client's request, and the choice among them, to canonical ones.

import { Fault } from '../../../canonical/fault.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type { Raw, SourcePath } from '../../../canonical/part.ts';
import type {
  CanonicalRequest,
  FunctionTool,
  Tool,
  ToolChoice,
  WebSearchTool,
} from '../../../canonical/request.ts';
import { asArray, asString, isObject, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import { leftovers } from '../../leftovers.ts';
import { FORMAT, itemsOf, tidy } from '../names.ts';
import { readSchema } from './schema.ts';

/** One wire tool may hold functions and hosted tools at once; each becomes a tool of its own. */
export function decodeTools(value: JsonValue | undefined, losses: Loss[]): Tool[] {
  return itemsOf(value, 'tools').flatMap(([one, at]): Tool[] => {
    const tool = tidy(one);
    return Object.entries(tool).flatMap(([type, member]): Tool[] => {
      if (type === 'functionDeclarations')
        return asArray(member).map((each, j) =>
          decodeFunction(tidy(each), `${at}.functionDeclarations[${j}]`, losses),
        );
      const raw = { format: FORMAT, value: { [type]: member } };
      if (type !== 'googleSearch') return [{ kind: 'opaque', type, raw, at: `${at}.${type}` }];
      return [decodeSearch(tidy(member), raw, `${at}.googleSearch`, losses)];
    });
  });
}

function decodeSearch(search: JsonObject, raw: Raw, at: SourcePath, losses: Loss[]): WebSearchTool {
  losses.push(...leftovers(search, ['excludeDomains'], at));
  const blockedDomains = asArray(search.excludeDomains).filter((domain) => typeof domain === 'string');
  return { kind: 'web-search', ...(blockedDomains.length === 0 ? {} : { blockedDomains }), raw, at };
}

function decodeFunction(declared: JsonObject, at: SourcePath, losses: Loss[]): FunctionTool {
  losses.push(...leftovers(declared, ['name', 'description', 'parameters', 'parametersJsonSchema'], at));
  const name = asString(declared.name);
  if (!name) throw new Fault('missing_field', `\`${at}.name\` is missing.`, { param: `${at}.name` });
  const description = asString(declared.description);
  return {
    kind: 'function',
    name,
    ...(description === undefined ? {} : { description }),
    schema: schemaOf(declared, at, losses),
    at,
  };
}

function schemaOf(declared: JsonObject, at: SourcePath, losses: Loss[]): JsonObject {
  const { parameters, parametersJsonSchema } = declared;
  if (isObject(parametersJsonSchema)) {
    if (isObject(parameters))
      losses.push({ path: `${at}.parameters`, action: 'dropped', reason: 'parametersJsonSchema wins' });
    return parametersJsonSchema;
  }
  return isObject(parameters) ? readSchema(parameters) : { type: 'object', properties: {} };
}

/** Sets the choice, and with `VALIDATED` that every function keeps to its schema. */
export function decodeToolChoice(
  value: JsonValue | undefined,
  request: CanonicalRequest,
  losses: Loss[],
): void {
  const config = tidy(value);
  const known = ['functionCallingConfig'];
  // says no more than that there are tools of both kinds
  if (config.includeServerSideToolInvocations === true) known.push('includeServerSideToolInvocations');
  losses.push(...leftovers(config, known, 'toolConfig'));
  const at = 'toolConfig.functionCallingConfig';
  const calling = tidy(config.functionCallingConfig);
  losses.push(...leftovers(calling, ['mode', 'allowedFunctionNames'], at));
  const mode = asString(calling.mode)?.toUpperCase();
  const names = asArray(calling.allowedFunctionNames).filter((name) => typeof name === 'string');
  request.origin.toolChoice = at;
  if (mode === 'VALIDATED') {
    if (!request.tools.some((tool) => tool.kind === 'function'))
      losses.push({
        path: `${at}.mode`,
        action: 'changed',
        reason: 'there is no function to keep to its schema',
      });
    request.tools = request.tools.map((tool) =>
      tool.kind === 'function' ? { ...tool, strict: true, strictAt: `${at}.mode` } : tool,
    );
    const allowed = names.map((name) => ({ name }));
    request.toolChoice =
      names.length > 0 ? { mode: 'subset', required: false, names: allowed } : { mode: 'auto' };
    return;
  }
  const choice = choiceOf(mode, names);
  if (choice) request.toolChoice = choice;
  if (mode !== 'ANY' && names.length > 0)
    losses.push({
      path: `${at}.allowedFunctionNames`,
      action: 'dropped',
      reason: 'only ANY and VALIDATED have them',
    });
}

function choiceOf(mode: string | undefined, names: string[]): ToolChoice | undefined {
  const [name] = names;
  switch (mode) {
    case 'AUTO':
      return { mode: 'auto' };
    case 'NONE':
      return { mode: 'none' };
    case 'ANY':
      if (name === undefined) return { mode: 'required' };
      return names.length === 1
        ? { mode: 'one', name, form: 'json' }
        : { mode: 'subset', required: true, names: names.map((each) => ({ name: each })) };
    default:
      return undefined;
  }
}
