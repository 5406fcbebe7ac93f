// Drafts what a sandbox model says: whole texts and calls, before caps, stop sequences and timing.

import type { CanonicalRequest } from '../canonical/request.ts';
import type { Finish } from '../canonical/response.ts';
import type { JsonObject } from '../lib/json.ts';
import {
  askedCalls,
  type CallableTool,
  callableTools,
  lastUserText,
  mustCall,
  toolOutcomes,
} from './conversation.ts';
import { sampleObject } from './sample.ts';

/** A text that is known as a whole, or made while it is read so that its length costs no memory. */
export type Body = string | Iterable<string>;

export type Passage =
  | { kind: 'text' | 'reasoning' | 'refusal'; body: Body }
  | { kind: 'call'; tool: CallableTool; input: string };

/** `finish` is how it ends when neither a cap nor a stop sequence cuts it. */
export type Draft = { passages: Passage[]; finish: Finish };

/** Repeats the user, quotes what tools answered, calls the tools it is asked to, fills the schema it is given. */
export function draftEcho(request: CanonicalRequest): Draft {
  const quoted = quoteOutcomes(request);
  if (quoted) return say(quoted);
  const text = lastUserText(request);
  const tools = callableTools(request);
  const asked = askedCalls(text, tools);
  const [first] = tools;
  if (asked.length > 0) return callAll(asked, request);
  if (first && mustCall(request.toolChoice)) return callAll([{ tool: first }], request);
  return say(shapeText(text, request));
}

/** Calls every tool it is offered, all in one turn, then quotes the answers. */
export function draftTools(request: CanonicalRequest): Draft {
  const quoted = quoteOutcomes(request);
  if (quoted) return say(quoted);
  const tools = callableTools(request);
  if (tools.length === 0) return draftEcho(request);
  return callAll(
    tools.map((tool) => ({ tool })),
    request,
  );
}

/** Thinks about the question in two steps, then does what `echo` does. */
export function draftReason(request: CanonicalRequest): Draft {
  const answer = draftEcho(request);
  const words = lastUserText(request).match(/\S+/g)?.length ?? 0;
  const body = `The user wrote ${words} ${words === 1 ? 'word' : 'words'}.\n\nI will answer with what was asked for.`;
  return { ...answer, passages: [{ kind: 'reasoning', body }, ...answer.passages] };
}

export function draftRefusal(): Draft {
  const body = 'I cannot help with that request.';
  return { passages: [{ kind: 'refusal', body }], finish: { reason: 'refusal', explanation: body } };
}

export function draftNothing(): Draft {
  return { passages: [], finish: { reason: 'end' } };
}

/** That many words, numbered so that a gap shows. */
export function draftWords(count: number): Draft {
  return say(numberedLines(count));
}

/** That many bytes of text. */
export function draftBytes(count: number): Draft {
  return say(fillerLines(count));
}

function say(body: Body): Draft {
  return { passages: [{ kind: 'text', body }], finish: { reason: 'end' } };
}

function callAll(
  calls: { tool: CallableTool; input?: JsonObject | undefined }[],
  request: CanonicalRequest,
): Draft {
  const allowed = request.parallelTools === false ? calls.slice(0, 1) : calls;
  const passages = allowed.map(
    ({ tool, input }): Passage => ({ kind: 'call', tool, input: fill(tool, input) }),
  );
  return { passages, finish: { reason: 'tool' } };
}

function fill(tool: CallableTool, input: JsonObject | undefined): string {
  if (tool.kind === 'custom') return input === undefined ? 'sandbox' : JSON.stringify(input);
  return JSON.stringify(input ?? sampleObject(tool.schema));
}

function quoteOutcomes(request: CanonicalRequest): string {
  const lines = toolOutcomes(request).map(
    ({ name, text, isError }) => `${name} ${isError ? 'failed' : 'returned'}: ${text}`,
  );
  return lines.join('\n');
}

function shapeText(text: string, { output }: CanonicalRequest): string {
  switch (output?.kind) {
    case 'json':
      return JSON.stringify({ echo: text });
    case 'schema':
      return JSON.stringify(sampleObject(output.schema, text));
    case 'text':
    case undefined:
      return text;
    default:
      return output satisfies never;
  }
}

const WORDS_PER_LINE = 16;

function* numberedLines(count: number): Generator<string> {
  for (let from = 1; from <= count; from += WORDS_PER_LINE) {
    const length = Math.min(WORDS_PER_LINE, count - from + 1);
    const words = Array.from({ length }, (_, i) => `word${from + i}`);
    yield `${from === 1 ? '' : ' '}${words.join(' ')}`;
  }
}

const FILLER = `${'All work and all play, as far as bytes are concerned. '.repeat(19).slice(0, 1022)}.\n`;

function* fillerLines(bytes: number): Generator<string> {
  for (let left = bytes; left > 0; left -= FILLER.length) yield FILLER.slice(0, left);
}
