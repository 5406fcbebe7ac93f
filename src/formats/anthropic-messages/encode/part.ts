// Canonical parts of a conversation to content blocks.

import { Fault } from '../../../canonical/fault.ts';
import { readForeign } from '../../../canonical/foreign-block.ts';
import type {
  FilePart,
  ImagePart,
  OpaquePart,
  Part,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolName,
  ToolResultPart,
} from '../../../canonical/part.ts';
import type { Tool } from '../../../canonical/request.ts';
import { fullName } from '../../../canonical/tool-search.ts';
import { isObject, type JsonObject } from '../../../lib/json.ts';
import { safeToolId } from '../../tool-id.ts';
import { FORMAT } from '../decode/block.ts';
import { referencesTo } from '../search-blocks.ts';
import { citationOf, inputObject, SECTION_BREAK, signatureOf } from './answer-blocks.ts';
import { mark, type Writing } from './writing.ts';

/** The block for one part; undefined when nothing of it can be said, which is then a loss unless it was empty. */
export function encodePart(part: Part, writing: Writing): JsonObject | undefined {
  switch (part.kind) {
    case 'text':
      return encodeText(part, writing);
    case 'refusal':
      return part.text.trim() === '' ? undefined : { type: 'text', text: part.text };
    case 'image':
      return encodeImage(part, writing);
    case 'file':
      return encodeFile(part, writing);
    case 'audio':
      // a transcript says what was said; sound itself has no block
      if (part.transcript === undefined || part.transcript === '') throw unsupported('Audio', part.at);
      dropped(part.at, 'only the transcript of the audio was kept', writing, 'changed');
      return { type: 'text', text: part.transcript };
    case 'reasoning':
      return encodeReasoning(part, writing);
    case 'tool-call':
      return encodeToolCall(part, writing);
    case 'tool-result':
      return encodeToolResult(part, writing);
    case 'opaque':
      if (part.raw.format === FORMAT && isObject(part.raw.value)) return part.raw.value;
      return encodeForeign(part, writing);
    default:
      return part satisfies never;
  }
}

/** A block of another format: what can be read of it, as text. */
function encodeForeign(part: OpaquePart, writing: Writing): JsonObject | undefined {
  const { text, loss } = readForeign(part);
  writing.losses.push(loss);
  return text === '' ? undefined : { type: 'text', text };
}

/** All parts, without those that became nothing. */
export function encodeParts(parts: Part[], writing: Writing): JsonObject[] {
  return parts.map((part) => encodePart(part, writing)).filter((block) => block !== undefined);
}

/** A single unmarked text may stand as a string. */
export function contentOf(blocks: JsonObject[]): string | JsonObject[] {
  const [only] = blocks;
  if (blocks.length !== 1 || only?.type !== 'text' || typeof only.text !== 'string') return blocks;
  return Object.keys(only).length === 2 ? only.text : blocks;
}

function encodeText(part: TextPart, writing: Writing): JsonObject | undefined {
  if (part.phase !== undefined) dropped(part.at, 'the phase of a message is unknown to Anthropic', writing);
  // a text block without a word is refused
  if (part.text.trim() === '') {
    if (part.cache) dropped(part.at, 'an empty text cannot hold a cache mark', writing);
    return undefined;
  }
  const block: JsonObject = { type: 'text', text: part.text };
  const citations = (part.citations ?? []).map(citationOf).filter((one) => one !== undefined);
  if (citations.length > 0) block.citations = citations;
  if (citations.length < (part.citations ?? []).length) {
    dropped(part.at, 'citations of another provider cannot be sent', writing);
  }
  mark(block, part.cache, part.at, writing);
  return block;
}

const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];
/** How the base64 of each type begins; a wrong declared type is refused upstream. */
const IMAGE_STARTS: [string, string][] = [
  ['/9j/', 'image/jpeg'],
  ['iVBORw0KGgo', 'image/png'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
];

function encodeImage(part: ImagePart, writing: Writing): JsonObject {
  if (part.detail !== undefined && part.detail !== 'auto') {
    dropped(part.at, 'Anthropic has no image detail', writing);
  }
  const block: JsonObject = { type: 'image', source: imageSource(part, writing) };
  mark(block, part.cache, part.at, writing);
  return block;
}

function imageSource(part: ImagePart, writing: Writing): JsonObject {
  const { source } = part;
  switch (source.from) {
    case 'base64': {
      const declared = source.mediaType === 'image/jpg' ? 'image/jpeg' : source.mediaType;
      const seen = IMAGE_STARTS.find(([start]) => source.data.startsWith(start))?.[1] ?? declared;
      if (!IMAGE_TYPES.includes(seen))
        throw unsupported('An image that is not JPEG, PNG, GIF or WebP', part.at);
      if (seen !== declared) dropped(part.at, 'the media type was corrected', writing, 'changed');
      return { type: 'base64', media_type: seen, data: source.data };
    }
    case 'url':
      return { type: 'url', url: source.url };
    case 'file-id':
      if (source.format === FORMAT) return { type: 'file', file_id: source.id };
      throw unsupported('A file id of another provider', part.at);
    case 'text':
      throw unsupported('An image made of text', part.at);
    default:
      return source satisfies never;
  }
}

function encodeFile(part: FilePart, writing: Writing): JsonObject {
  const block: JsonObject = { type: 'document', source: documentSource(part) };
  if (part.title !== undefined) block.title = part.title;
  if (part.context !== undefined) block.context = part.context;
  if (part.citations !== undefined) block.citations = { enabled: part.citations };
  if (part.detail !== undefined && part.detail !== 'auto') {
    dropped(part.at, 'Anthropic has no file detail', writing);
  }
  mark(block, part.cache, part.at, writing);
  return block;
}

function documentSource(part: FilePart): JsonObject {
  const { source } = part;
  switch (source.from) {
    case 'base64':
      if (source.mediaType === 'application/pdf') {
        return { type: 'base64', media_type: 'application/pdf', data: source.data };
      }
      if (/^text\/|^application\/(json|xml|yaml)\b/.test(source.mediaType)) {
        return {
          type: 'text',
          media_type: 'text/plain',
          data: Buffer.from(source.data, 'base64').toString(),
        };
      }
      throw unsupported('A file that is neither PDF nor text', part.at);
    case 'url':
      return { type: 'url', url: source.url };
    case 'file-id':
      if (source.format === FORMAT) return { type: 'file', file_id: source.id };
      throw unsupported('A file id of another provider', part.at);
    case 'text':
      return { type: 'text', media_type: 'text/plain', data: source.text };
    default:
      return source satisfies never;
  }
}

/** Only Anthropic's own, sealed thinking may go back; anything else would be refused or would leak to it. */
function encodeReasoning(part: ReasoningPart, writing: Writing): JsonObject | undefined {
  const signature = signatureOf(part.seal);
  if (signature === undefined) {
    dropped(part.at, 'reasoning without Anthropic’s signature cannot be sent back', writing);
    return undefined;
  }
  if (part.redacted) return { type: 'redacted_thinking', data: signature };
  const thinking = [...part.summary, ...part.content].join(SECTION_BREAK);
  return { type: 'thinking', thinking, signature };
}

function encodeToolCall(part: ToolCallPart, writing: Writing): JsonObject {
  const { input, broken } = inputObject(part);
  if (broken) dropped(part.at, 'arguments that are no JSON object were wrapped', writing, 'changed');
  const name = part.namespace === undefined ? part.name : `${part.namespace}__${part.name}`;
  const block: JsonObject = { type: 'tool_use', id: safeToolId(part.id), name, input };
  mark(block, part.cache, part.at, writing);
  return block;
}

function encodeToolResult(part: ToolResultPart, writing: Writing): JsonObject {
  const block: JsonObject = { type: 'tool_result', tool_use_id: safeToolId(part.callId) };
  const content = contentOf(part.content.flatMap((one) => encodeResultPart(one, writing)));
  if (content.length > 0) block.content = content;
  if (part.isError) block.is_error = true;
  mark(block, part.cache, part.at, writing);
  return block;
}

/** Tools that the client's own search found are referred to. */
function encodeResultPart(part: Part, writing: Writing): JsonObject[] {
  if (part.kind !== 'opaque' || part.raw.format === FORMAT || !part.toolSearch?.found)
    return encodeParts([part], writing);
  return referencesTo(declared(part.toolSearch.found, part.at, writing));
}

/** The tools of these that the request has. */
export function declared(found: ToolName[], at: string | undefined, writing: Writing): ToolName[] {
  const names = namesOf(writing.request.tools);
  const known = found.filter((tool) => names.has(fullName(tool)));
  if (known.length < found.length)
    dropped(at, 'a tool that was found is not among the tools any more', writing, 'changed');
  return known;
}

/** A conversation may hold as many searches as there are tools: these are gone through once. */
const namesOfLists = new WeakMap<readonly Tool[], ReadonlySet<string>>();

function namesOf(tools: readonly Tool[]): ReadonlySet<string> {
  const known = namesOfLists.get(tools);
  if (known) return known;
  const names = new Set(tools.flatMap((tool) => ('name' in tool ? [tool.name] : [])));
  namesOfLists.set(tools, names);
  return names;
}

function dropped(
  at: string | undefined,
  reason: string,
  writing: Writing,
  action: 'dropped' | 'changed' = 'dropped',
): void {
  writing.losses.push({ path: at ?? 'messages', action, reason });
}

function unsupported(what: string, at: string | undefined): Fault {
  return new Fault('unsupported_parameter', `${what} cannot be sent to this model; leave it out.`, {
    param: at,
  });
}
