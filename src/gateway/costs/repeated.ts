// Refuses members that stand twice in a client's own body: which one the provider believes decides what is paid.

import { Fault } from '../../canonical/fault.ts';
import { bufferOf } from '../../lib/bytes.ts';
import { asArray, asObject, isObject, type JsonObject } from '../../lib/json.ts';
import { isNamed, type Members, readMembers, readTop } from '../../lib/json-places.ts';
import { repeatedName, repeatedWithin } from '../../lib/repeated.ts';
import type { Edit } from '../../lib/splice.ts';
import type { Call } from '../call.ts';
import { mayAsk } from './fallbacks/tools.ts';

const NAME_CHARS_MAX = 64;

/** What decides who answers and what it costs. */
const DEAR = quotedOf([
  'model',
  'models',
  'route',
  'provider',
  'fallbacks',
  'plugins',
  'tools',
  'web_search_options',
  'service_tier',
  'serviceTier',
  'speed',
  'inference_geo',
  'n',
  'stream',
  'background',
  'deferred',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'generationConfig',
  'generation_config',
]);

/** The same in Google's format within these. */
const CONFIGS = ['generationConfig', 'generation_config'];
const DEAR_IN_CONFIG = quotedOf([
  'maxOutputTokens',
  'max_output_tokens',
  'candidateCount',
  'candidate_count',
]);

/** Where other models may be named below the top. */
const ASKING_LISTS = ['fallbacks', 'plugins', 'tools'];

/** By name, as it stands in a text. */
function quotedOf(names: string[]): ReadonlyMap<string, Buffer> {
  return new Map(names.map((name) => [name, Buffer.from(`"${name}"`)]));
}

/**
 * Throws Fault `invalid_value` where such a member stands twice, or one of what names other models, or one in other
 * capital letters. Returns where the members of the body stand, if that had to be found out. Only what reaches a
 * provider as it came has to be looked at.
 */
export function refuseRepeated({ bytes, body }: Pick<Call, 'bytes' | 'body'>): Members | undefined {
  const buffer = bufferOf(bytes);
  // names spelled as no client spells them are read letter by letter
  if (!isDoubtful(buffer, body) && !hasEscapedLetter(buffer)) return undefined;
  const top = readTop(bytes);
  const name = repeatedName(bytes, top, body);
  if (name !== undefined) throw repeated([name]);
  const placeOf = (member: string) => top.members.find((each) => isNamed(bytes, each, member))?.valueStart;
  for (const config of CONFIGS) {
    const value = body[config];
    const configAt = isObject(value) ? placeOf(config) : undefined;
    if (configAt === undefined) continue;
    const inConfig = repeatedName(bytes, readMembers(bytes, configAt), asObject(value));
    if (inConfig !== undefined) throw repeated([config, inConfig]);
  }
  for (const list of ASKING_LISTS) {
    const listAt = asksOthers(body, list) ? placeOf(list) : undefined;
    const path = listAt === undefined ? undefined : repeatedWithin(bytes, listAt);
    if (path) throw repeated([list, ...path]);
  }
  return top;
}

/**
 * Whether a member may stand twice: the engine finds words much faster than their places, so a second one deep in the
 * body counts. Throws for names in other capital letters.
 */
function isDoubtful(buffer: Buffer, body: JsonObject): boolean {
  let found = false;
  for (const name in body) {
    const word = DEAR.get(name);
    if (word === undefined) {
      if (!PLAIN_NAME.test(name)) refuseOtherLetters(name);
      continue;
    }
    found ||= standsTwice(buffer, word) || asksOthers(body, name);
    if (!found && CONFIGS.includes(name))
      for (const inner in asObject(body[name])) {
        const dear = DEAR_IN_CONFIG.get(inner);
        found ||= dear !== undefined && standsTwice(buffer, dear);
      }
  }
  return found;
}

function standsTwice(bytes: Buffer, word: Buffer): boolean {
  const first = bytes.indexOf(word);
  return first !== -1 && bytes.indexOf(word, first + word.length) !== -1;
}

/** Programs written in Go take `Model` for `model`, whichever comes last (Unmarshal of encoding/json). */
function refuseOtherLetters(name: string): void {
  if (name.length > NAME_CHARS_MAX) return;
  const dear = BY_FOLDED.get(folded(name));
  if (dear === undefined || dear === name) return;
  const message = `Some programs take \`${name}\` for \`${dear}\`. Send \`${dear}\` in its place, once.`;
  throw new Fault('invalid_value', message, { param: name });
}

/** Most names have no other letters. */
const PLAIN_NAME = /^[a-z0-9_]*$/;

/** In both ways, as there are letters with one capital letter, and capital ones with one small letter. */
function folded(name: string): string {
  return name.toUpperCase().toLowerCase();
}

const BY_FOLDED = new Map([...DEAR.keys()].map((name) => [folded(name), name]));

/** `\u0040` to `\u007f`: what is no letter of a name may be there as often as it likes. */
function hasEscapedLetter(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(ESCAPE); at !== -1; at = bytes.indexOf(ESCAPE, at + ESCAPE.length)) {
    const row = bytes[at + ESCAPE.length] ?? 0;
    if (row >= DIGIT_4 && row <= DIGIT_7) return true;
  }
  return false;
}

const ESCAPE = Buffer.from('\\u00');
const DIGIT_4 = 52;
const DIGIT_7 = 55;

/** Whether this member of the body asks other models; nearly all bodies have none that does. */
function asksOthers(body: JsonObject, name: string): boolean {
  if (name === 'tools') return asArray(body.tools).some(mayAsk);
  return ASKING_LISTS.includes(name) && body[name] !== undefined;
}

function repeated(path: Edit['path']): Fault {
  const param = path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step.slice(0, NAME_CHARS_MAX)}`))
    .join('')
    .slice(1);
  const message = `\`${param}\` stands twice in the request, and programs differ in which one counts. Send it once.`;
  return new Fault('invalid_value', message, { param });
}
