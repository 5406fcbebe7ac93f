// What a person can read of a hosted-tool block, so that other formats can carry it as text.

import { codeText } from '../../../canonical/hosted-code.ts';
import type { HostedSearch } from '../../../canonical/part.ts';
import { foundText } from '../../../canonical/tool-search.ts';
import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import { codeIn } from '../code-blocks.ts';
import { toolSearchIn } from '../search-blocks.ts';

/** The readable text of a block only this format knows; undefined when nothing in it is meant for reading. */
export function readableText(block: JsonObject): string | undefined {
  const type = asString(block.type) ?? '';
  const code = codeIn(block);
  if (code) return codeText(code);
  // a hosted tool's call says nothing to a reader; its result does
  if (type === 'server_tool_use' || type === 'mcp_tool_use') return undefined;
  if (type === 'tool_reference') return joinLines([block.tool_name]);
  const found = type === 'tool_search_tool_result' ? toolSearchIn(block) : undefined;
  if (found) return foundText(found);
  if (type === 'search_result') return joinLines([block.title, block.source, textOf(block.content)]);
  if (type === 'web_search_tool_result') return joinLines(asArray(block.content).map(sourceLine));
  if (type === 'advisor_tool_result') return joinLines([asObject(block.content).text]);
  if (type === 'web_fetch_tool_result') return fetchedText(asObject(block.content));
  return asString(block.text) ?? textOf(block.content);
}

/** What a block tells of a search: what was looked for, or what was found. */
export function searchIn(block: JsonObject): HostedSearch | undefined {
  if (block.type === 'server_tool_use' && block.name === 'web_search') {
    const query = asString(asObject(block.input).query);
    return query === undefined ? undefined : { queries: [query], sources: [] };
  }
  if (block.type !== 'web_search_tool_result') return undefined;
  const sources = asArray(block.content).flatMap((hit): HostedSearch['sources'] => {
    const { url, title } = asObject(hit);
    if (typeof url !== 'string') return [];
    return [typeof title === 'string' ? { url, title } : { url }];
  });
  return { queries: [], sources };
}

/** The page a block tells of that was read; none for every other one, and for a page that could not be had. */
export function pagesIn(block: JsonObject): string[] | undefined {
  const { type, url } = asObject(block.content);
  if (block.type !== 'web_fetch_tool_result' || type !== 'web_fetch_result') return undefined;
  return typeof url === 'string' ? [url] : undefined;
}

/** One line for one search hit: title, then address. */
function sourceLine(hit: JsonValue): string {
  const { title, url } = asObject(hit);
  return [title, url].filter((word) => typeof word === 'string' && word !== '').join(' ');
}

function fetchedText(result: JsonObject): string | undefined {
  const document = asObject(result.content);
  const source = asObject(document.source);
  const body = source.type === 'text' ? source.data : undefined;
  return joinLines([document.title, result.url, body]);
}

/** The text of a string or of the text blocks in an array. */
function textOf(content: JsonValue | undefined): string | undefined {
  if (typeof content === 'string') return content === '' ? undefined : content;
  return joinLines(asArray(content).map((block) => (isObject(block) ? block.text : undefined)));
}

function joinLines(lines: unknown[]): string | undefined {
  const texts = lines.filter((line): line is string => typeof line === 'string' && line !== '');
  return texts.length === 0 ? undefined : texts.join('\n');
}
