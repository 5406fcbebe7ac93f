// What a person could read of an item that a provider's own tool left behind.

import { asArray, asObject, asString, type JsonObject } from '../../lib/json.ts';

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
      return [
        asString(item.code) ?? '',
        ...asArray(item.outputs).map((output) => asString(asObject(output).logs) ?? ''),
      ];
    case 'mcp_call':
      return [
        `Called ${asString(item.name) ?? 'a tool'} with ${asString(item.arguments) ?? '{}'}`,
        asString(item.output) ?? asString(item.error) ?? '',
      ];
    case 'program':
      return [asString(item.code) ?? ''];
    case 'program_output':
      return [asString(item.result) ?? ''];
    default:
      return [];
  }
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
