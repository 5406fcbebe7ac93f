// Items of a search among deferred tools: what they tell, and those written of a search that another provider ran.

import type { ToolName, ToolSearch } from '../../canonical/part.ts';
import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';

/** What an item tells of such a search; undefined for every other one. */
export function toolSearchIn(item: JsonObject): ToolSearch | undefined {
  if (item.type === 'tool_search_call') return { query: wordsIn(item.arguments) };
  return item.type === 'tool_search_output' ? { found: toolsIn(item).map(({ name }) => name) } : undefined;
}

/** OpenAI's own search is told paths; what a client takes is its own affair. */
function wordsIn(value: JsonValue | undefined): string {
  const { query, pattern, paths } = asObject(value);
  const words = asString(query) ?? asString(pattern);
  if (words !== undefined) return words;
  if (Array.isArray(paths)) return paths.map(String).join(' ');
  return value === undefined || value === null ? '' : (asString(value) ?? JSON.stringify(value));
}

type Found = { name: ToolName; tool: JsonObject };

/** The functions and free-text tools of an output, each by itself: those of a namespace inside one of their own. */
export function toolsIn({ tools }: JsonObject): Found[] {
  return asArray(tools)
    .filter(isObject)
    .flatMap((tool): Found[] => {
      const name = asString(tool.name);
      if (name === undefined) return [];
      if (tool.type !== 'namespace') return [{ name: { name }, tool }];
      return asArray(tool.tools)
        .filter(isObject)
        .flatMap((inner): Found[] => {
          const own = asString(inner.name);
          return own === undefined
            ? []
            : [{ name: { name: own, namespace: name }, tool: { ...tool, tools: [inner] } }];
        });
    });
}

/** The definitions of these tools out of a list of wire tools; those of one namespace together, unknown ones not at all. */
function definitionsOf(found: readonly ToolName[], tools: JsonValue | undefined): JsonObject[] {
  const known = definitionsIn(asArray(tools));
  const written = new Map<string, JsonObject>();
  for (const name of found) {
    const tool = known.get(keyOf(name));
    const { namespace } = name;
    if (!tool) continue;
    const group = namespace === undefined ? undefined : written.get(namespace);
    if (group) asArray(group.tools).push(...asArray(tool.tools));
    else
      written.set(
        namespace ?? keyOf(name),
        namespace === undefined ? tool : { ...tool, tools: [...asArray(tool.tools)] },
      );
  }
  return [...written.values()];
}

/** A conversation may hold as many searches as there are tools: these are gone through once. */
const definitionsOfLists = new WeakMap<readonly JsonValue[], ReadonlyMap<string, JsonObject>>();

function definitionsIn(tools: JsonValue[]): ReadonlyMap<string, JsonObject> {
  const known = definitionsOfLists.get(tools);
  if (known) return known;
  const definitions = new Map(toolsIn({ tools }).map((one) => [keyOf(one.name), one.tool]));
  definitionsOfLists.set(tools, definitions);
  return definitions;
}

function keyOf({ name, namespace = '' }: ToolName): string {
  return `${namespace}\n${name}`;
}

/** The items of a search that the provider ran, without ids; `tools` are those of the request. */
export function searchItems(
  { query, found, failed }: ToolSearch,
  tools: JsonValue | undefined,
): JsonObject[] {
  const status = failed === undefined ? 'completed' : 'incomplete';
  const common = { call_id: null, execution: 'server' };
  return [
    ...(query === undefined
      ? []
      : [{ type: 'tool_search_call', ...common, status: 'completed', arguments: { query } }]),
    ...(found === undefined
      ? []
      : [{ type: 'tool_search_output', ...common, status, tools: definitionsOf(found, tools) }]),
  ];
}
