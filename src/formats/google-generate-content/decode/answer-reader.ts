// Reads the parts of an answer, whole or in pieces, into events; what Google seals stands in front of what it seals.

import type { PartDelta, PartStart, StreamEvent } from '../../../canonical/event.ts';
import { Fault } from '../../../canonical/fault.ts';
import { codeText } from '../../../canonical/hosted-code.ts';
import type { TokenLogprob } from '../../../canonical/part.ts';
import type { CodeSeen, Usage } from '../../../canonical/usage.ts';
import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import { decodeFinish } from '../finish.ts';
import { GroundingReader } from '../grounding.ts';
import { decodeLogprobs } from '../logprobs.ts';
import { FORMAT, generationOf, ISSUER, signatureOf } from '../names.ts';
import { isOwnRun, runSeal } from '../own-runs.ts';
import { decodeUsage } from '../usage.ts';
import { codeIn, typeOf } from './opaque.ts';

/**
 * One answer is a row of `GenerateContentResponse`s, a whole one a row of one: text and thoughts go on from piece to
 * piece, everything else arrives complete. Only candidate 0 is read.
 */
export class AnswerReader {
  /** Google has said why it stopped. */
  hasReason = false;
  readonly #grounding = new GroundingReader();
  #begun = false;
  #open: 'text' | 'thought' | undefined;
  #index = 0;
  #calls = 0;
  #codeRuns = 0;
  #text = '';
  /** Texts of a stream that ended before their sources were told. */
  readonly #ended: { index: number; text: string }[] = [];
  /** The parts of a whole body that the open text was made of. */
  #textParts = new Set<number>();
  readonly #isWhole: boolean;
  #id: string | undefined;
  #model: string | undefined;
  #reason: string | undefined;
  #message: string | undefined;
  #continuation: string | undefined;
  #blocked: string | undefined;
  #usage: JsonValue | undefined;

  /** `isWhole`: there is one body only, so the numbers of its parts mean something. */
  constructor(isWhole: boolean) {
    this.#isWhole = isWhole;
  }

  read(body: JsonObject): StreamEvent[] {
    this.#id ??= asString(body.responseId) || undefined;
    this.#model ??= asString(body.modelVersion);
    if (isObject(body.usageMetadata)) this.#usage = { ...asObject(this.#usage), ...body.usageMetadata };
    this.#blocked ??= asString(asObject(body.promptFeedback).blockReason);
    this.hasReason ||= this.#blocked !== undefined;
    const events = this.#start(body);
    const candidates = asArray(body.candidates).map(asObject);
    const candidate = candidates.find((one) => (one.index ?? 0) === 0);
    if (candidate) events.push(...this.#readCandidate(candidate));
    return events;
  }

  /** Closes what is open and says how the answer ended. */
  finish(): StreamEvent[] {
    // the words of a source may stand in an earlier text too: the one it was told beside comes first
    const events = [...this.#start({}), ...this.#close(), ...this.#lateSources()];
    const isEmpty = this.#index === 0;
    const { usage } = this;
    const { search } = this.#grounding;
    // it belongs to no part of the wire: what was asked stands behind what was found
    if (search) events.push(...this.#whole({ kind: 'opaque', type: 'googleSearch', raw: NO_PART, search }));
    if (usage) {
      const { tier } = usage;
      events.push({ type: 'usage', usage, ...(tier === undefined ? {} : { serviceTier: tier }) });
    }
    const finish = decodeFinish({
      reason: this.#reason,
      message: this.#message,
      continuation: this.#continuation,
      blocked: this.#blocked,
      hasCalls: this.#calls > 0,
      isEmpty,
    });
    events.push(finish instanceof Fault ? { type: 'error', fault: finish } : { type: 'finish', finish });
    return events;
  }

  /** What has been reported so far. */
  get usage(): Usage | undefined {
    return decodeUsage(this.#usage, this.#searches, this.#codeRuns);
  }

  get code(): CodeSeen {
    return { runs: this.#codeRuns, containers: {} };
  }

  /** The second generation is paid for once an answer, later ones for each query. */
  get #searches(): number {
    const count = this.#grounding.search?.queries.length ?? 0;
    return generationOf(this.#model ?? '') === 2 ? Math.min(count, 1) : count;
  }

  /** What is known of the usage of an answer that breaks off, or nothing. */
  partialUsage(): StreamEvent[] {
    const { usage } = this;
    if (!usage || !this.#begun) return [];
    return [...this.#close(), { type: 'usage', usage: { ...usage, source: 'partial' } }];
  }

  #start(body: JsonObject): StreamEvent[] {
    if (this.#begun) return [];
    this.#begun = true;
    const model = asString(body.modelVersion);
    const createdMs = Date.parse(asString(body.createTime) ?? '');
    return [
      {
        type: 'start',
        ...(this.#id === undefined ? {} : { id: this.#id }),
        ...(model === undefined ? {} : { model }),
        ...(Number.isFinite(createdMs) ? { createdS: Math.floor(createdMs / 1000) } : {}),
      },
    ];
  }

  #readCandidate(candidate: JsonObject): StreamEvent[] {
    this.#grounding.note(candidate);
    const logprobs = decodeLogprobs(candidate.logprobsResult);
    const events = asArray(asObject(candidate.content).parts).flatMap((part, number) => {
      const read = isObject(part) ? this.#readPart(part, logprobs) : [];
      if (this.#open === 'text') this.#textParts.add(number);
      return read;
    });
    // probabilities without words of their own belong to what was said last
    if (logprobs.length > 0 && this.#open === 'text')
      events.push(this.#delta({ kind: 'text', text: '', logprobs: logprobs.splice(0) }));
    this.#message = asString(candidate.finishMessage) || this.#message;
    this.#continuation = asString(candidate.continuationToken) || this.#continuation;
    const reason = asString(candidate.finishReason) || undefined;
    if (reason !== undefined && reason !== 'FINISH_REASON_UNSPECIFIED') {
      this.#reason = reason;
      this.hasReason = true;
    }
    return events;
  }

  #readPart(part: JsonObject, logprobs: TokenLogprob[]): StreamEvent[] {
    const signature = signatureOf(part);
    // what the signature of such a part proves is the part itself
    if (isOwnRun(part))
      return this.#whole({ kind: 'reasoning', redacted: true }, { kind: 'seal', seal: runSeal(part) });
    if (part.thought === true) return this.#readThought(asString(part.text) ?? '', signature);
    const sealed = signature === undefined ? [] : this.#seal(signature);
    if (typeof part.text === 'string') return [...sealed, ...this.#readText(part.text, logprobs)];
    if (isObject(part.functionCall)) return [...sealed, ...this.#readCall(part.functionCall)];
    const { thoughtSignature: _, ...rest } = part;
    if (Object.keys(rest).length === 0) return sealed;
    if (isObject(rest.executableCode)) this.#codeRuns += 1;
    return [...sealed, ...this.#whole(...otherPart(rest))];
  }

  #readThought(text: string, signature: string | undefined): StreamEvent[] {
    if (text === '' && signature === undefined) return [];
    const events = this.#openPlain('thought', { kind: 'reasoning' });
    if (text !== '') events.push(this.#delta({ kind: 'reasoning', form: 'summary', section: 0, text }));
    if (signature === undefined) return events;
    return [...events, this.#delta(sealDelta(signature)), ...this.#close()];
  }

  /** The signature of a part seals the thoughts in front of it, or thoughts that nobody can read. */
  #seal(signature: string): StreamEvent[] {
    if (this.#open === 'thought') return [this.#delta(sealDelta(signature)), ...this.#close()];
    return this.#whole({ kind: 'reasoning', redacted: true }, sealDelta(signature));
  }

  #readText(text: string, logprobs: TokenLogprob[]): StreamEvent[] {
    if (text === '') return [];
    const events = this.#openPlain('text', { kind: 'text' });
    this.#text += text;
    const marks = takeTokens(text, logprobs);
    events.push(this.#delta({ kind: 'text', text, ...(marks.length === 0 ? {} : { logprobs: marks }) }));
    return events;
  }

  /** A call without a name cannot be run by anyone and is left out. */
  #readCall(call: JsonObject): StreamEvent[] {
    const name = asString(call.name);
    if (!name) return this.#close();
    const id = asString(call.id) || mintId(this.#id, this.#calls);
    this.#calls++;
    const input: PartDelta = { kind: 'input', text: JSON.stringify(call.args ?? {}) };
    return this.#whole({ kind: 'tool-call', id, name, form: 'json' }, input);
  }

  /** A part that begins and ends here. */
  #whole(part: PartStart, ...deltas: PartDelta[]): StreamEvent[] {
    const events: StreamEvent[] = [...this.#close(), { type: 'part-start', index: this.#index, part }];
    for (const delta of deltas) events.push(this.#delta(delta));
    events.push({ type: 'part-end', index: this.#index++ });
    return events;
  }

  #openPlain(kind: 'text' | 'thought', part: PartStart): StreamEvent[] {
    if (this.#open === kind) return [];
    const events = this.#close();
    this.#open = kind;
    return [...events, { type: 'part-start', index: this.#index, part }];
  }

  #delta(delta: PartDelta): StreamEvent {
    return { type: 'part-delta', index: this.#index, delta };
  }

  #lateSources(): StreamEvent[] {
    return this.#ended.flatMap(({ index, text }) =>
      this.#grounding
        .take(text, undefined)
        .map(
          (citation): StreamEvent => ({ type: 'part-delta', index, delta: { kind: 'citation', citation } }),
        ),
    );
  }

  #close(): StreamEvent[] {
    if (this.#open === undefined) return [];
    if (this.#open === 'text' && !this.#isWhole) this.#ended.push({ index: this.#index, text: this.#text });
    const citations =
      this.#open === 'text'
        ? this.#grounding.take(this.#text, this.#isWhole ? this.#textParts : undefined)
        : [];
    const events = citations.map((citation) => this.#delta({ kind: 'citation', citation }));
    this.#open = undefined;
    this.#text = '';
    this.#textParts = new Set();
    return [...events, { type: 'part-end', index: this.#index++ }];
  }
}

const NO_PART = { format: FORMAT, value: null } as const;

/** The tokens that make up exactly this text: a body tells those of all its texts in one list. */
function takeTokens(text: string, logprobs: TokenLogprob[]): TokenLogprob[] {
  let said = '';
  for (const [i, { token }] of logprobs.entries()) {
    said += token;
    if (said === text) return logprobs.splice(0, i + 1);
    if (said.length >= text.length) break;
  }
  return [];
}

function sealDelta(signature: string): PartDelta {
  return { kind: 'seal', seal: { issuer: ISSUER, data: signature } };
}

/** Sound is sound, a picture a picture; everything else only this format understands. */
function otherPart(part: JsonObject): [PartStart, ...PartDelta[]] {
  const { mimeType, data } = asObject(part.inlineData);
  const mediaType = asString(mimeType) ?? '';
  if (mediaType.startsWith('audio/') && typeof data === 'string')
    return [
      { kind: 'audio', mediaType },
      { kind: 'audio', data },
    ];
  if (mediaType.startsWith('image/') && typeof data === 'string')
    return [{ kind: 'image', source: { from: 'base64', mediaType, data } }];
  const code = codeIn(part);
  const text = code && codeText(code);
  const read = { ...(text === undefined ? {} : { text }), ...(code === undefined ? {} : { code }) };
  return [{ kind: 'opaque', type: typeOf(part), raw: { format: FORMAT, value: part }, ...read }];
}

/** A stable id for a call that came without one, unique across the answers of a conversation. */
function mintId(answerId: string | undefined, position: number): string {
  const tail = (answerId ?? '').replace(/[^A-Za-z0-9]/g, '').slice(-24);
  return tail === '' ? `call_${position}` : `call_${tail}_${position}`;
}
