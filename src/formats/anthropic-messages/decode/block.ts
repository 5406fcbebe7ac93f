// Content blocks of the Messages format to canonical parts, for requests and answers alike.

import { Fault } from '../../../canonical/fault.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type {
  CacheMark,
  Citation,
  FilePart,
  ImagePart,
  MediaSource,
  OpaquePart,
  Part,
  ReasoningPart,
  SourcePath,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../../canonical/part.ts';
import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import { leftovers } from '../../leftovers.ts';
import { ownToolId } from '../../tool-id.ts';
import { codeIn } from '../code-blocks.ts';
import { isForeignCitation } from '../foreign-citations.ts';
import { remoteIn } from '../remote-blocks.ts';
import { toolSearchIn } from '../search-blocks.ts';
import { pagesIn, readableText, searchIn } from './readable.ts';

export const FORMAT = 'anthropic-messages';
/** Whose signatures this format carries. */
export const ISSUER = 'anthropic';

/**
 * One part for one block. `at` is where the block stands in a request and undefined in an answer, whose parts carry
 * no paths. Throws Fault `invalid_value` or `missing_field` where a block lacks what its type is about.
 */
export function decodeBlock(value: JsonValue, at: SourcePath | undefined, losses: Loss[]): Part {
  if (!isObject(value)) throw wrong(at ?? 'content', 'must be an object');
  switch (value.type) {
    case 'text':
      return decodeText(value, at, losses);
    case 'image':
      return decodeImage(value, at, losses);
    case 'document':
      return decodeDocument(value, at, losses);
    case 'thinking':
      return decodeThinking(value, at, losses);
    case 'redacted_thinking':
      return decodeRedacted(value, at, losses);
    case 'tool_use':
      return decodeToolUse(value, at, losses);
    case 'tool_result':
      return decodeToolResult(value, at, losses);
    default:
      return decodeOpaque(value, at);
  }
}

/** The parts of a string or of an array of blocks. An empty string is no part. */
export function decodeContent(content: JsonValue | undefined, at: SourcePath, losses: Loss[]): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content, at }];
  return asArray(content).map((block, index) => decodeBlock(block, `${at}[${index}]`, losses));
}

function decodeText(block: JsonObject, at: SourcePath | undefined, losses: Loss[]): TextPart {
  const part: TextPart = {
    kind: 'text',
    text: readString(block, 'text', at),
    ...decodeCache(block, at, losses),
    ...place(at),
  };
  const citations = asArray(block.citations).filter(isObject).map(decodeCitation);
  if (citations.length > 0) part.citations = citations;
  losses.push(...leftovers(block, ['type', 'text', 'citations', 'cache_control'], at ?? ''));
  return part;
}

/**
 * A source as Anthropic gives it; it covers the whole block, so it has no offsets. What we made of another provider's
 * source lacks the index Anthropic would have sealed, and must not come to it as its own.
 */
export function decodeCitation(citation: JsonObject): Citation {
  const raw = { format: FORMAT, value: citation } as const;
  const url = asString(citation.url);
  const title = asString(citation.title) ?? asString(citation.document_title);
  const quote = asString(citation.cited_text);
  const words = { ...(title === undefined ? {} : { title }), ...(quote === undefined ? {} : { quote }) };
  if (url === undefined) return { kind: 'document', ...words, raw };
  return isForeignCitation(citation) ? { kind: 'url', url, ...words } : { kind: 'url', url, ...words, raw };
}

function decodeImage(block: JsonObject, at: SourcePath | undefined, losses: Loss[]): ImagePart {
  losses.push(...leftovers(block, ['type', 'source', 'cache_control'], at ?? ''));
  const source = decodeSource(block.source, at, losses);
  return { kind: 'image', source, ...decodeCache(block, at, losses), ...place(at) };
}

function decodeDocument(block: JsonObject, at: SourcePath | undefined, losses: Loss[]): FilePart {
  const known = ['type', 'source', 'title', 'context', 'citations', 'cache_control'];
  losses.push(...leftovers(block, known, at ?? ''));
  const source = decodeSource(block.source, at, losses);
  const part: FilePart = { kind: 'file', source, ...decodeCache(block, at, losses), ...place(at) };
  const title = asString(block.title);
  const context = asString(block.context);
  const enabled = asObject(block.citations).enabled;
  losses.push(...leftovers(asObject(block.citations), ['enabled'], `${at ?? ''}.citations`));
  if (title !== undefined) part.title = title;
  if (context !== undefined) part.context = context;
  if (typeof enabled === 'boolean') part.citations = enabled;
  return part;
}

function decodeSource(value: JsonValue | undefined, at: SourcePath | undefined, losses: Loss[]): MediaSource {
  const path = at === undefined ? 'source' : `${at}.source`;
  const source = asObject(value);
  switch (source.type) {
    case 'base64': {
      losses.push(...leftovers(source, ['type', 'media_type', 'data'], path));
      const mediaType = readString(source, 'media_type', path);
      return { from: 'base64', mediaType, data: readString(source, 'data', path) };
    }
    case 'url':
      losses.push(...leftovers(source, ['type', 'url'], path));
      return { from: 'url', url: readString(source, 'url', path) };
    case 'file':
      losses.push(...leftovers(source, ['type', 'file_id'], path));
      return { from: 'file-id', id: readString(source, 'file_id', path), format: FORMAT };
    case 'text':
      losses.push(...leftovers(source, ['type', 'media_type', 'data'], path));
      return { from: 'text', text: readString(source, 'data', path) };
    case 'content':
      return decodeContentSource(source, path, losses);
    default:
      throw new Fault('unsupported_parameter', `\`${path}.type\` is no source this conversion knows.`, {
        param: `${path}.type`,
      });
  }
}

/** A document made of blocks becomes one text; the block borders, which only citations need, are lost. */
function decodeContentSource(source: JsonObject, path: SourcePath, losses: Loss[]): MediaSource {
  losses.push(...leftovers(source, ['type', 'content'], path));
  const parts = decodeContent(source.content, `${path}.content`, losses);
  const texts = parts.map((part) => {
    if (part.kind === 'text') return part.text;
    throw new Fault('unsupported_parameter', 'Only text inside a document can be converted for this model.', {
      param: part.at,
    });
  });
  if (texts.length > 1) {
    losses.push({
      path: `${path}.content`,
      action: 'changed',
      reason: 'blocks of a document became one text',
    });
  }
  return { from: 'text', text: texts.join('\n') };
}

function decodeThinking(block: JsonObject, at: SourcePath | undefined, losses: Loss[]): ReasoningPart {
  losses.push(...leftovers(block, ['type', 'thinking', 'signature'], at ?? ''));
  const text = asString(block.thinking) ?? '';
  const signature = asString(block.signature) ?? '';
  const part: ReasoningPart = {
    kind: 'reasoning',
    summary: text === '' ? [] : [text],
    content: [],
    ...place(at),
  };
  if (signature !== '') part.seal = { issuer: ISSUER, data: signature };
  return part;
}

function decodeRedacted(block: JsonObject, at: SourcePath | undefined, losses: Loss[]): ReasoningPart {
  losses.push(...leftovers(block, ['type', 'data'], at ?? ''));
  const part: ReasoningPart = { kind: 'reasoning', redacted: true, summary: [], content: [], ...place(at) };
  const seal = asString(block.data) ?? '';
  if (seal !== '') part.seal = { issuer: ISSUER, data: seal };
  return part;
}

function decodeToolUse(block: JsonObject, at: SourcePath | undefined, losses: Loss[]): ToolCallPart {
  const known = ['type', 'id', 'name', 'input', 'cache_control'];
  // called by the model itself is what every other format means too
  if (asObject(block.caller).type === 'direct') known.push('caller');
  losses.push(...leftovers(block, known, at ?? ''));
  return {
    kind: 'tool-call',
    id: ownToolId(readString(block, 'id', at)),
    name: readString(block, 'name', at),
    form: 'json',
    input: JSON.stringify(block.input ?? {}),
    ...decodeCache(block, at, losses),
    ...place(at),
  };
}

function decodeToolResult(block: JsonObject, at: SourcePath | undefined, losses: Loss[]): ToolResultPart {
  const known = ['type', 'tool_use_id', 'content', 'is_error', 'cache_control'];
  losses.push(...leftovers(block, known, at ?? ''));
  return {
    kind: 'tool-result',
    callId: ownToolId(readString(block, 'tool_use_id', at)),
    form: 'json',
    content: decodeContent(block.content, at === undefined ? 'content' : `${at}.content`, losses),
    isError: block.is_error === true,
    ...decodeCache(block, at, losses),
    ...place(at),
  };
}

/** A block verbatim, with what can be read of it. */
export function decodeOpaque(block: JsonObject, at: SourcePath | undefined): OpaquePart {
  const text = readableText(block);
  const search = at === undefined ? searchIn(block) : undefined;
  const pages = at === undefined ? pagesIn(block) : undefined;
  const code = codeIn(block);
  const toolSearch = toolSearchIn(block);
  const remote = remoteIn(block);
  const run = at === undefined || remote ? (asString(block.tool_use_id) ?? asString(block.id)) : undefined;
  return {
    kind: 'opaque',
    raw: { format: FORMAT, value: block },
    type: asString(block.type) ?? 'unknown',
    ...(text === undefined ? {} : { text }),
    ...(search === undefined ? {} : { search }),
    ...(code === undefined ? {} : { code }),
    ...(toolSearch === undefined ? {} : { toolSearch }),
    ...(remote === undefined ? {} : { remote }),
    ...(pages === undefined ? {} : { pages }),
    ...(run === undefined ? {} : { run }),
    ...place(at),
  };
}

/** The cache mark of a block, a tool or the body itself. */
export function decodeCache(
  holder: JsonObject,
  at: SourcePath | undefined,
  losses: Loss[],
): { cache?: CacheMark } {
  const mark = holder.cache_control;
  if (!isObject(mark)) return {};
  losses.push(...leftovers(mark, ['type', 'ttl'], at ? `${at}.cache_control` : 'cache_control'));
  return { cache: { ttl: mark.ttl === '5m' || mark.ttl === '1h' ? mark.ttl : 'default' } };
}

function readString(holder: JsonObject, name: string, at: SourcePath | undefined): string {
  const value = holder[name];
  if (typeof value === 'string') return value;
  const path = at ? `${at}.${name}` : name;
  if (value === undefined) throw new Fault('missing_field', `\`${path}\` is missing.`, { param: path });
  throw wrong(path, 'must be a string');
}

function wrong(path: SourcePath, rule: string): Fault {
  return new Fault('invalid_value', `\`${path}\` ${rule}.`, { param: path });
}

function place(at: SourcePath | undefined): { at?: SourcePath } {
  return at === undefined ? {} : { at };
}
