// What a person could read of an item that a provider's own tool left behind.

import { codeText } from '../../canonical/hosted-code.ts';
import type { HostedCode, HostedSearch } from '../../canonical/part.ts';
import { foundText } from '../../canonical/tool-search.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../../lib/json.ts';
import { errorText } from './remote-calls.ts';
import { toolSearchIn } from './tool-search.ts';

/** Undefined when nothing in it is readable. */
export function hostedText(item: JsonObject): string | undefined {
  const lines = hostedLines(item).filter((line) => line !== '');
  return lines.length === 0 ? undefined : lines.join('\n');
}

function hostedLines(item: JsonObject): string[] {
  switch (item.type) {
    case 'web_search_call':
      return searchLines(asObject(item.action));
    case 'file_search_call':
      return [
        ...asArray(item.queries).map((query) => `Searched the files for: ${asString(query) ?? ''}`),
        ...asArray(item.results).map((result) => {
          const { filename, text } = asObject(result);
          return [asString(filename), asString(text)].filter((piece) => piece !== undefined).join(': ');
        }),
      ];
    case 'code_interpreter_call':
      return [codeText(codeIn(item) ?? {}) ?? ''];
    case 'tool_search_call':
      return [`Searched the tools for: ${toolSearchIn(item)?.query ?? ''}`];
    case 'tool_search_output':
      return [foundText(toolSearchIn(item) ?? {}) ?? ''];
    case 'mcp_call':
      return [
        `Called ${asString(item.name) ?? 'a tool'} with ${asString(item.arguments) ?? '{}'}`,
        asString(item.output) ?? errorText(item.error) ?? '',
      ];
    case 'program':
      return [asString(item.code) ?? ''];
    case 'program_output':
      return [asString(item.result) ?? ''];
    default:
      return [];
  }
}

/** What such an item tells of code that ran; undefined for every other one. */
export function codeIn(item: JsonObject): HostedCode | undefined {
  if (item.type !== 'code_interpreter_call') return undefined;
  const outputs = asArray(item.outputs).map(asObject);
  const logs = outputs.flatMap(({ logs }) => (typeof logs === 'string' ? [logs] : []));
  const pictures = outputs.flatMap(({ url }) => (typeof url === 'string' ? [url] : []));
  return {
    ...(item.code ? { code: asString(item.code) ?? '', language: 'python' } : {}),
    ...(logs.length === 0 ? {} : { output: logs.join('\n') }),
    ...(item.status === 'failed' ? { failed: true } : {}),
    ...(pictures.length === 0 ? {} : { pictures }),
  };
}

function searchLines(action: JsonObject): string[] {
  if (action.type === 'open_page') return [`Opened ${asString(action.url) ?? 'a page'}`];
  if (action.type === 'find_in_page')
    return [`Looked for ${asString(action.pattern) ?? 'a text'} in ${asString(action.url) ?? 'a page'}`];
  const query = asString(action.query);
  const queries = query === undefined ? asArray(action.queries).map((each) => asString(each) ?? '') : [query];
  const sources = asArray(action.sources).map((source) => asString(asObject(source).url) ?? '');
  return [...queries.map((each) => `Searched the web for: ${each}`), ...sources];
}

/** Whether an item is a search that is paid for: opening a page and looking into it are not. */
function isPaidSearch(item: JsonObject): boolean {
  if (item.type !== 'web_search_call') return false;
  return !isObject(item.action) || item.action.type === undefined || item.action.type === 'search';
}

/** What such an item looked for and found; undefined for every other one. */
export function searchIn(item: JsonObject): HostedSearch | undefined {
  if (!isPaidSearch(item)) return undefined;
  const { query, queries, sources } = asObject(item.action);
  const listed = asArray(queries).filter((one) => typeof one === 'string');
  return {
    queries: listed.length === 0 && typeof query === 'string' ? [query] : listed,
    sources: asArray(sources).flatMap((source) => {
      const url = asString(asObject(source).url);
      return url === undefined ? [] : [{ url }];
    }),
  };
}
