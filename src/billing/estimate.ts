// Estimates how many input tokens a request will be billed for.

import type { MediaSource, Message, Part } from '../canonical/part.ts';
import type { CanonicalRequest, OutputFormat, Tool } from '../canonical/request.ts';
import { imageSize } from './image-size.ts';
import { countTokens } from './tokens.ts';

/** Roles and separators around each message. */
const MESSAGE_TOKENS = 4;
/** Anthropic's rule for images: pixels / 750, scaled down to about 1,600 tokens at most. */
const PIXELS_PER_IMAGE_TOKEN = 750;
const IMAGE_TOKENS_MAX = 1_600;
/** An image of unknown size (a URL, a file id): one of about 900 by 900 pixels. */
const IMAGE_TOKENS_UNKNOWN = 1_100;
/** What OpenAI charges for `detail: low` whatever the size. */
const IMAGE_TOKENS_LOW = 85;
/** A PDF page is about 50 kB and 2,000 tokens. */
const DOCUMENT_BYTES_PER_TOKEN = 25;
const DOCUMENT_TOKENS_UNKNOWN = 4_000;
/** Compressed speech: 16 kB and ten tokens a second. */
const AUDIO_BYTES_PER_TOKEN = 1_600;

/**
 * Tokens of the whole prompt: text, tool calls and schemas as the tokenizer counts them, 4 for each message,
 * images by size, documents and audio by bytes. Exact for text once the tokenizer is loaded.
 */
export function estimateInputTokens(request: CanonicalRequest): number {
  let tokens = 0;
  for (const message of request.messages) tokens += estimateMessageTokens(message);
  for (const tool of request.tools) tokens += countTokens(JSON.stringify(toolText(tool)));
  return tokens + outputTokens(request.output);
}

/** Tokens of one message, the 4 around it included. */
function estimateMessageTokens(message: Message): number {
  return MESSAGE_TOKENS + partsTokens(message.parts) + (message.name ? countTokens(message.name) : 0);
}

function partsTokens(parts: Part[]): number {
  let tokens = 0;
  for (const part of parts) tokens += partTokens(part);
  return tokens;
}

function partTokens(part: Part): number {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return countTokens(part.text);
    case 'reasoning':
      return countTokens([...part.summary, ...part.content].join('\n'));
    case 'tool-call':
      return countTokens(part.name) + countTokens(part.input);
    case 'tool-result':
      return partsTokens(part.content);
    case 'image':
      return part.detail === 'low' ? IMAGE_TOKENS_LOW : imageTokens(part.source);
    case 'audio':
      return part.transcript === undefined
        ? sizeTokens(part.source, AUDIO_BYTES_PER_TOKEN)
        : countTokens(part.transcript);
    case 'file':
      return fileTokens(part.source) + countTokens(`${part.title ?? ''}${part.context ?? ''}`);
    case 'opaque':
      return countTokens(part.text ?? JSON.stringify(part.raw.value));
    default:
      return part satisfies never;
  }
}

function imageTokens(source: MediaSource): number {
  const size = source.from === 'base64' ? imageSize(source.data) : undefined;
  if (!size) return IMAGE_TOKENS_UNKNOWN;
  return Math.min(IMAGE_TOKENS_MAX, Math.ceil((size.width * size.height) / PIXELS_PER_IMAGE_TOKEN));
}

function fileTokens(source: MediaSource): number {
  if (source.from === 'base64' && source.mediaType.startsWith('text/')) {
    return countTokens(Buffer.from(source.data, 'base64').toString());
  }
  return sizeTokens(source, DOCUMENT_BYTES_PER_TOKEN);
}

function sizeTokens(source: MediaSource, bytesPerToken: number): number {
  switch (source.from) {
    case 'text':
      return countTokens(source.text);
    case 'base64':
      return Math.ceil((source.data.length * 3) / 4 / bytesPerToken);
    case 'url':
    case 'file-id':
      return DOCUMENT_TOKENS_UNKNOWN;
    default:
      return source satisfies never;
  }
}

function toolText(tool: Tool): unknown {
  switch (tool.kind) {
    case 'function':
      return { name: tool.name, description: tool.description, parameters: tool.schema };
    case 'custom':
      return { name: tool.name, description: tool.description, grammar: tool.grammar?.definition };
    case 'web-search':
    case 'opaque':
      return tool.raw.value;
    default:
      return tool satisfies never;
  }
}

function outputTokens(output: OutputFormat | undefined): number {
  return output?.kind === 'schema' ? countTokens(JSON.stringify(output.schema)) : 0;
}
