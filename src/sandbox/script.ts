// Turns a draft into the events of an answer, with its pauses and its end.

import { countTokens, takeTokens } from '../billing/tokens.ts';
import type { PartDelta, PartStart, StreamEvent } from '../canonical/event.ts';
import { Fault } from '../canonical/fault.ts';
import type { Sampling } from '../canonical/request.ts';
import type { Finish } from '../canonical/response.ts';
import { noUsage, type Usage } from '../canonical/usage.ts';
import type { CallableTool } from './conversation.ts';
import type { Body, Draft, Passage } from './draft.ts';

/**
 * `waitMs` is silence before the next item. After `cut` the connection ends where it stands, after `garbage` it
 * ends with a frame that is not JSON.
 */
export type ScriptItem =
  | StreamEvent
  | { type: 'wait'; waitMs: number }
  | { type: 'cut' }
  | { type: 'garbage' };

/** How the answer ends; all but `finish` break it in the middle of its first text. */
export type Ending = 'finish' | 'cut' | 'error' | 'garbage';

export type Staging = {
  id: string;
  model: string;
  createdS: number;
  /** What call ids begin with, and what makes them differ between requests. */
  callPrefix: string;
  seed: string;
  /** Who seals the reasoning; undefined in a format that has no seals. */
  sealIssuer: string | undefined;
  firstByteMs: number;
  wordMs: number;
  ending: Ending;
  /** The input side of the usage; the output side is counted here. */
  usage: Usage;
  maxOutputTokens: number | undefined;
  sampling: Sampling;
};

/** The answer as it happens. Made while it is read: an endless draft costs no memory. */
export function* perform(draft: Draft, staging: Staging): Generator<ScriptItem, void, undefined> {
  const { id, model, createdS, ending } = staging;
  if (staging.firstByteMs > 0) yield { type: 'wait', waitMs: staging.firstByteMs };
  yield { type: 'start', id, model, createdS, usage: staging.usage };
  const count: Count = { left: staging.maxOutputTokens ?? Number.POSITIVE_INFINITY, used: 0, reasoning: 0 };
  let finish: Finish | undefined;
  let index = 0;
  for (const passage of draft.passages) {
    if (finish || count.left <= 0) break;
    yield { type: 'part-start', index, part: beginPassage(passage, index, staging) };
    const broken = ending !== 'finish' && passage.kind !== 'reasoning';
    const source = broken ? halve(passage) : passage;
    finish = yield* speak(source, index, count, staging);
    if (broken) return yield breakOff(ending);
    const delta = passage.kind === 'reasoning' ? sealDelta(staging) : undefined;
    if (delta) yield { type: 'part-delta', index, delta };
    yield { type: 'part-end', index };
    index++;
  }
  if (!finish && index < draft.passages.length) finish = { reason: 'length' };
  const { used, reasoning } = count;
  yield { type: 'usage', usage: { ...staging.usage, output: used, outputReasoning: reasoning } };
  yield { type: 'finish', finish: finish ?? draft.finish };
}

/** Output tokens so far, and how many the request still allows. */
type Count = { left: number; used: number; reasoning: number };

/** The deltas of one passage; returns how the answer ends if it ends in this passage. */
function* speak(
  passage: Passage,
  index: number,
  count: Count,
  { sampling, wordMs }: Staging,
): Generator<ScriptItem, Finish | undefined, undefined> {
  const stops = passage.kind === 'text' ? (sampling.stop ?? []) : [];
  for (const chunk of chunks(passage)) {
    const stopped = cutAtStop(chunk, stops);
    const kept = takeTokens(stopped.text, count.left);
    const tokens = Math.min(countTokens(kept), count.left);
    count.left -= tokens;
    count.used += tokens;
    if (passage.kind === 'reasoning') count.reasoning += tokens;
    for (const delta of passageDeltas(passage, kept)) {
      if (wordMs > 0) yield { type: 'wait', waitMs: wordMs };
      yield { type: 'part-delta', index, delta };
    }
    if (kept.length < stopped.text.length) return { reason: 'length' };
    if (stopped.at !== undefined) return { reason: 'stop-sequence', stopSequence: stopped.at };
  }
  return undefined;
}

function chunks(passage: Passage): Iterable<string> {
  const body: Body = passage.kind === 'call' ? passage.input : passage.body;
  return typeof body === 'string' ? [body] : body;
}

function cutAtStop(text: string, stops: string[]): { text: string; at?: string } {
  let first: { text: string; at?: string } = { text };
  for (const stop of stops) {
    const at = stop === '' ? -1 : first.text.indexOf(stop);
    if (at !== -1) first = { text: text.slice(0, at), at: stop };
  }
  return first;
}

/** A word with the space before it, or the line ends behind it; very long words in pieces. */
const WORD = /[^\S\r\n]*\S{1,200}[\r\n]*|\s+/gu;
const INPUT_PIECE = /[\s\S]{1,24}/gu;

function* passageDeltas(passage: Passage, text: string): Generator<PartDelta> {
  const pieces = text.matchAll(passage.kind === 'call' ? INPUT_PIECE : WORD);
  let section = 0;
  for (const [piece] of pieces) {
    switch (passage.kind) {
      case 'text':
      case 'refusal':
        yield { kind: passage.kind, text: piece };
        break;
      case 'reasoning':
        // a blank line ends a section, as in the summaries of real models
        yield { kind: 'reasoning', form: 'summary', section, text: piece.replace(/\n+$/, '') };
        if (piece.endsWith('\n\n')) section++;
        break;
      case 'call':
        yield { kind: 'input', text: piece };
        break;
      default:
        passage satisfies never;
    }
  }
}

function beginPassage(passage: Passage, index: number, staging: Staging): PartStart {
  switch (passage.kind) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return { kind: passage.kind };
    case 'call':
      return beginCall(passage.tool, `${staging.callPrefix}${staging.seed.slice(0, 20)}${index}`);
    default:
      return passage satisfies never;
  }
}

function beginCall({ kind, name, namespace }: CallableTool, id: string): PartStart {
  const part: PartStart = { kind: 'tool-call', id, name, form: kind === 'custom' ? 'text' : 'json' };
  return namespace === undefined ? part : { ...part, namespace };
}

function sealDelta({ sealIssuer, seed }: Staging): PartDelta | undefined {
  if (sealIssuer === undefined) return undefined;
  return {
    kind: 'seal',
    seal: { issuer: sealIssuer, data: Buffer.from(`sandbox ${seed}`).toString('base64') },
  };
}

/** The first half of the passage's words; of an endless one its first chunk. */
function halve(passage: Passage): Passage {
  const [first = ''] = chunks(passage);
  const words = first.match(WORD) ?? [];
  const half = words.slice(0, Math.ceil(words.length / 2)).join('');
  return passage.kind === 'call' ? { ...passage, input: half } : { ...passage, body: half };
}

function breakOff(ending: Exclude<Ending, 'finish'>): ScriptItem {
  if (ending !== 'error') return { type: ending };
  return {
    type: 'error',
    fault: new Fault('internal_error', 'The sandbox broke this answer off on purpose.'),
  };
}

/** The usage before the first output token. `cached` counts half of the prompt as read from a cache. */
export function openUsage(inputTokens: number, cached: boolean): Usage {
  const usage = { ...noUsage(), input: inputTokens, inputUncached: inputTokens };
  if (!cached) return usage;
  const cacheRead = Math.floor(inputTokens / 2);
  const written = Math.floor(inputTokens / 4);
  return {
    ...usage,
    inputUncached: inputTokens - cacheRead - written,
    cacheRead,
    cacheWrite: { ...usage.cacheWrite, ttl5m: written },
  };
}
