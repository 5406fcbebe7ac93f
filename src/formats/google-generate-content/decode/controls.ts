// The knobs of a client's request: cap, sampling, thinking and output format.

import { Fault } from '../../../canonical/fault.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type {
  CanonicalRequest,
  Effort,
  OutputFormat,
  ReasoningControl,
  Sampling,
  Speech,
} from '../../../canonical/request.ts';
import {
  asArray,
  asBoolean,
  asNumber,
  asString,
  entryOf,
  isObject,
  type JsonObject,
  type JsonValue,
} from '../../../lib/json.ts';
import { leftovers } from '../../leftovers.ts';
import { tidy } from '../names.ts';
import { readSchema } from './schema.ts';

const GROUP = 'generationConfig';

/** Canonical names of the numbers that are carried as they are. */
const NUMBERS = {
  temperature: 'temperature',
  topP: 'topP',
  topK: 'topK',
  seed: 'seed',
  frequencyPenalty: 'frequencyPenalty',
  presencePenalty: 'presencePenalty',
  logprobs: 'topLogprobs',
  candidateCount: 'n',
} as const satisfies Record<string, keyof Sampling>;

// biome-ignore format: a list of names
const KNOWN = [
  ...Object.keys(NUMBERS),
  'maxOutputTokens', 'stopSequences', 'responseLogprobs', 'thinkingConfig', 'responseModalities',
  'responseMimeType', 'responseSchema', 'responseJsonSchema',
];

/** Fills every control of the request, each with its origin. Throws where dropping one would change the answer. */
export function decodeControls(
  value: JsonValue | undefined,
  request: CanonicalRequest,
  losses: Loss[],
): void {
  const config = tidy(value);
  const isSpoken = asArray(config.responseModalities).includes('AUDIO');
  const known = isSpoken ? [...KNOWN, 'speechConfig'] : KNOWN;
  const isSet = ([, member]: [string, unknown]) => member !== null;
  losses.push(...leftovers(Object.fromEntries(Object.entries(config).filter(isSet)), known, GROUP));
  refuseUnconvertible(config);
  const { sampling, origin } = request;
  for (const [member, name] of Object.entries(NUMBERS)) {
    const number = asNumber(config[member]);
    if (number === undefined) continue;
    sampling[name] = number;
    origin[`sampling.${name}`] = `${GROUP}.${member}`;
  }
  const cap = asNumber(config.maxOutputTokens);
  if (cap !== undefined) request.maxOutputTokens = cap;
  const stop = asArray(config.stopSequences).filter((word) => typeof word === 'string');
  if (stop.length > 0) sampling.stop = stop;
  const logprobs = asBoolean(config.responseLogprobs);
  if (logprobs !== undefined) sampling.logprobs = logprobs;
  const reasoning = decodeThinking(config.thinkingConfig, losses);
  if (reasoning) request.reasoning = reasoning;
  const output = decodeOutput(config, losses);
  if (output) request.output = output;
  if (isSpoken) request.speech = decodeSpeech(config.speechConfig, losses);
  if (asArray(config.responseModalities).includes('IMAGE')) request.pictures = true;
  Object.assign(origin, {
    maxOutputTokens: `${GROUP}.maxOutputTokens`,
    'sampling.stop': `${GROUP}.stopSequences`,
    'sampling.logprobs': `${GROUP}.responseLogprobs`,
    reasoning: `${GROUP}.thinkingConfig`,
    'reasoning.mode': `${GROUP}.thinkingConfig`,
    'reasoning.effort': `${GROUP}.thinkingConfig.thinkingLevel`,
    'reasoning.budgetTokens': `${GROUP}.thinkingConfig.thinkingBudget`,
    'reasoning.summary': `${GROUP}.thinkingConfig.includeThoughts`,
    output: outputMember(config),
    speech: `${GROUP}.responseModalities`,
    pictures: `${GROUP}.responseModalities`,
    'speech.voice': `${GROUP}.speechConfig.voiceConfig`,
    'output.schema': outputMember(config),
  });
}

/** Members whose loss would give the client another answer than it asked for. */
function refuseUnconvertible(config: JsonObject): void {
  const param = (name: string) => ({ param: `${GROUP}.${name}` });
  const others = asArray(config.responseModalities).filter((modality) => modality !== 'TEXT');
  if (others.some((modality) => modality !== 'AUDIO' && modality !== 'IMAGE') || new Set(others).size > 1)
    throw new Fault(
      'unsupported_parameter',
      'This model answers in text, sound, or text and pictures here; set `responseModalities` to ["TEXT"], ["AUDIO"] or ["TEXT", "IMAGE"].',
      param('responseModalities'),
    );
}

/** Google speaks in bare samples. */
function decodeSpeech(value: JsonValue | undefined, losses: Loss[]): Speech {
  const at = `${GROUP}.speechConfig`;
  const config = tidy(value);
  losses.push(...leftovers(config, ['voiceConfig'], at));
  const voice = tidy(config.voiceConfig);
  losses.push(...leftovers(voice, ['prebuiltVoiceConfig'], `${at}.voiceConfig`));
  const named = tidy(voice.prebuiltVoiceConfig);
  losses.push(...leftovers(named, ['voiceName'], `${at}.voiceConfig.prebuiltVoiceConfig`));
  const name = asString(named.voiceName);
  return name === undefined ? { format: 'pcm16' } : { voice: name, format: 'pcm16' };
}

const LEVELS: Record<string, Effort> = { MINIMAL: 'minimal', LOW: 'low', MEDIUM: 'medium', HIGH: 'high' };

function decodeThinking(value: JsonValue | undefined, losses: Loss[]): ReasoningControl | undefined {
  if (!isObject(value)) return undefined;
  const at = `${GROUP}.thinkingConfig`;
  const config = tidy(value);
  losses.push(...leftovers(config, ['thinkingBudget', 'thinkingLevel', 'includeThoughts'], at));
  const control: ReasoningControl = {};
  const budget = asNumber(config.thinkingBudget);
  // 0 is off, -1 leaves it to the model
  if (budget === 0) control.mode = 'off';
  else if (budget !== undefined && budget < 0) control.mode = 'auto';
  else if (budget !== undefined) Object.assign(control, { mode: 'on', budgetTokens: budget });
  const level = asString(config.thinkingLevel)?.toUpperCase();
  const effort = entryOf(LEVELS, level);
  if (effort) control.effort = effort;
  else if (level !== undefined && level !== 'THINKING_LEVEL_UNSPECIFIED')
    losses.push({ path: `${at}.thinkingLevel`, action: 'dropped', reason: 'not a level other formats know' });
  const shows = asBoolean(config.includeThoughts);
  if (shows !== undefined) control.summary = shows ? 'auto' : 'none';
  return Object.keys(control).length === 0 ? undefined : control;
}

function decodeOutput(config: JsonObject, losses: Loss[]): OutputFormat | undefined {
  const { responseSchema, responseJsonSchema } = config;
  const type = asString(config.responseMimeType);
  if (isObject(responseJsonSchema) || isObject(responseSchema)) {
    if (isObject(responseJsonSchema) && isObject(responseSchema))
      losses.push({ path: `${GROUP}.responseSchema`, action: 'dropped', reason: 'responseJsonSchema wins' });
    const schema = isObject(responseJsonSchema) ? responseJsonSchema : readSchema(responseSchema ?? {});
    const isWord = type === 'text/x.enum';
    return { kind: 'schema', schema, strict: 'possible', ...(isWord ? { isWord } : {}) };
  }
  if (type === undefined) return undefined;
  if (type === 'application/json') return { kind: 'json' };
  if (type === 'text/plain') return { kind: 'text' };
  throw new Fault('unsupported_parameter', 'This model cannot answer in the asked media type.', {
    param: `${GROUP}.responseMimeType`,
  });
}

function outputMember(config: JsonObject): string {
  if (isObject(config.responseJsonSchema)) return `${GROUP}.responseJsonSchema`;
  return isObject(config.responseSchema) ? `${GROUP}.responseSchema` : `${GROUP}.responseMimeType`;
}
