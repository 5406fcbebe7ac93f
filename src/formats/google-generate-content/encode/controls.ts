// The knobs of a canonical request as `generationConfig`.

import type { Sampling } from '../../../canonical/request.ts';
import { compact, type JsonObject } from '../../../lib/json.ts';
import { takesSampling } from '../../sampling.ts';
import { GOOGLE } from '../../schema/dialect.ts';
import { fitSchema, listed } from '../../schema/fit.ts';
import { GOOGLE_VOICES } from '../../voices.ts';
import { generationOf } from '../names.ts';
import { encodeTier } from '../usage.ts';
import { encodeThinking } from './thinking.ts';
import { lose, unsupported, type Writing } from './writing.ts';

/** `generationConfig`. */
export function encodeControls(writing: Writing): JsonObject {
  refuseUnsayable(writing);
  loseUnknown(writing);
  return compact({
    maxOutputTokens: encodeCap(writing),
    ...encodeSampling(writing),
    stopSequences: writing.request.sampling.stop,
    seed: encodeSeed(writing),
    ...encodeOutput(writing),
    ...encodeModalities(writing),
    thinkingConfig: encodeThinking(writing),
  });
}

/** Members whose loss would give the client another answer than it asked for. */
function refuseUnsayable({ request }: Writing): void {
  const { origin, sampling, maxOutputTokens } = request;
  if ((sampling.n ?? 1) > 1)
    throw unsupported(origin['sampling.n'] ?? 'n', 'it gives one answer a request; send several requests');
  if (maxOutputTokens !== undefined && maxOutputTokens < 1)
    throw unsupported(origin.maxOutputTokens ?? 'max_tokens', 'an answer needs at least one token');
}

function encodeCap(writing: Writing): number | undefined {
  const { maxOutputTokens: asked } = writing.request;
  const { maxOutputTokens: most } = writing.target;
  if (asked === undefined || most === undefined || asked <= most) return asked;
  lose(writing, 'maxOutputTokens', 'clamped', `the model writes at most ${most} tokens`);
  return most;
}

const KNOBS = {
  temperature: 'temperature',
  topP: 'topP',
  topK: 'topK',
  frequencyPenalty: 'frequencyPenalty',
  presencePenalty: 'presencePenalty',
  logprobs: 'responseLogprobs',
  topLogprobs: 'logprobs',
} as const satisfies Partial<Record<keyof Sampling, string>>;

const PENALTIES = ['frequencyPenalty', 'presencePenalty'];

function encodeSampling(writing: Writing): JsonObject {
  const { request, target } = writing;
  const members: JsonObject = {};
  for (const name of Object.keys(KNOBS) as (keyof typeof KNOBS)[]) {
    const value = request.sampling[name];
    if (value === undefined) continue;
    const isRefused =
      !takesSampling(request, target) || (PENALTIES.includes(name) && generationOf(target.model) === 2);
    if (isRefused) lose(writing, `sampling.${name}`, 'dropped', 'the model refuses it');
    else members[KNOBS[name]] = value;
  }
  // their number is refused where they are not asked for
  if (members.logprobs !== undefined && members.responseLogprobs !== true) members.responseLogprobs = true;
  return members;
}

/** Google's seeds have 32 bits, others' up to 64; a longer one is cut, and the same one is cut the same. */
function encodeSeed(writing: Writing): number | undefined {
  const { seed } = writing.request.sampling;
  if (seed === undefined || !Number.isInteger(seed)) return seed;
  const cut = Number(BigInt.asIntN(32, BigInt(seed)));
  if (cut !== seed) lose(writing, 'sampling.seed', 'changed', 'Google’s seeds have 32 bits');
  return cut;
}

/** Sound comes alone, as models that speak do not write as well; pictures beside text. */
function encodeModalities(writing: Writing): JsonObject {
  const { speech, pictures, stream, origin } = writing.request;
  if (!speech) return pictures ? { responseModalities: ['TEXT', 'IMAGE'] } : {};
  const { voice, format } = speech;
  const formats = stream ? ['pcm16'] : ['wav', 'pcm16'];
  if (!formats.includes(format)) {
    const instead = formats.map((one) => `"${one}"`).join(' or ');
    throw unsupported(origin['speech.format'] ?? origin.speech, `it speaks as ${instead}`);
  }
  if (origin['speech.format'] !== undefined)
    lose(writing, 'speech', 'changed', 'Google gives the sound without its words');
  const members: JsonObject = { responseModalities: ['AUDIO'] };
  if (voice === undefined) return members;
  if (GOOGLE_VOICES.has(voice))
    members.speechConfig = { voiceConfig: { prebuiltVoiceConfig: { voiceName: voice } } };
  else lose(writing, 'speech.voice', 'changed', 'Google has no such voice; its default one speaks');
  return members;
}

const JSON_TYPE = { responseMimeType: 'application/json' };

/** What a model cannot be held to has been put into words before (`output-form.ts`). */
function encodeOutput(writing: Writing): JsonObject {
  const { output } = writing.request;
  switch (output?.kind) {
    case undefined:
      return {};
    case 'text':
      return { responseMimeType: 'text/plain' };
    case 'json':
      return JSON_TYPE;
    case 'schema': {
      for (const name of ['name', 'description'] as const)
        if (output[name] !== undefined) loseDetail(writing, name, 'Google takes only the schema');
      if (output.strict === false) loseDetail(writing, 'strict', 'Google always keeps to the schema');
      const { schema, changed } = fitSchema(output.schema, GOOGLE);
      if (changed.length > 0)
        lose(writing, 'output', 'changed', `Google does not know ${listed(changed)} in a schema`);
      return { ...JSON_TYPE, responseJsonSchema: schema };
    }
    default:
      return output satisfies never;
  }
}

/** A member of the output format stands inside of it, wherever the client wrote that. */
function loseDetail(writing: Writing, name: string, reason: string): void {
  const { origin } = writing.request;
  const path = origin[`output.${name}`] ?? `${origin.output ?? 'output'}.${name}`;
  writing.losses.push({ path, action: name === 'strict' ? 'changed' : 'dropped', reason });
}

/** The tier's own member; left out where the default is meant. */
export function encodeServiceTier(writing: Writing): JsonObject {
  const { serviceTier } = writing.request;
  if (serviceTier === undefined || serviceTier === 'auto') return {};
  const tier = encodeTier(serviceTier);
  if (tier !== undefined) return { serviceTier: tier };
  lose(writing, 'serviceTier', 'dropped', 'Google has no such tier');
  return {};
}

/** Controls that have no member in this format. */
function loseUnknown(writing: Writing): void {
  const { sampling, cache, verbosity, metadata, userId, safetyId } = writing.request;
  const controls: Record<string, unknown> = {
    'sampling.logitBias': sampling.logitBias,
    'cache.key': cache.key,
    'cache.retention': cache.retention,
    'cache.auto': cache.auto,
    verbosity,
    metadata,
    userId,
    safetyId,
  };
  for (const name in controls) {
    if (controls[name] !== undefined) lose(writing, name, 'dropped', 'Google has no such control');
  }
}
