// Law 4: every leaf of a request arrives, or a loss names it, or the request was refused.

import fc from 'fast-check';
import type { Loss } from '../../src/canonical/loss.ts';
import { checkBody } from '../../src/formats/check.ts';
import type { Codec, Target } from '../../src/formats/codec.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { PAIRS } from './answers.ts';
import { drawn } from './choices.ts';
import { cover } from './coverage.ts';
import { anyTarget } from './generate-target.ts';
import { isIgnored } from './ignored.ts';
import type { Law } from './law.ts';
import { ableTarget } from './law-3-round-trip.ts';
import { type Leaf, leavesOf, names } from './leaves.ts';
import { withoutTemperature, withRequestDecoder, withRequestEncoder } from './mutants.ts';
import { convert, requestOf } from './requests.ts';

type Case = { from: Codec; to: Codec; body: JsonObject; target: Target; custom: boolean };

const cases = ([from, to]: [Codec, Codec]) =>
  drawn((c): Case => {
    const body = requestOf(from, c);
    return { from, to, body, target: c.chance(50) ? ableTarget(to) : anyTarget(c), custom: c.chance(50) };
  });

/** What became of the leaves of all runs so far. */
export const FATES = { carried: 0, named: 0, ignored: 0, refusedRequests: 0, requests: 0 };

const noSilentLoss = (
  pair: [Codec, Codec],
  reading = (codec: Codec) => codec,
  writing = (codec: Codec) => codec,
) =>
  fc.property(cases(pair), ({ from, to, body, target, custom }) => {
    checkBody(from.id as 'openai-chat', body);
    cover(from.id, body);
    FATES.requests++;
    const there = convert(body, reading(from), writing(to), target, custom);
    if (!there) {
      FATES.refusedRequests++;
      return;
    }
    const show = (problem: string) =>
      new Error(
        `${problem}\n${from.id} to ${to.id}\n${JSON.stringify(body)}\n${JSON.stringify(there.body)}\n${JSON.stringify(there.losses)}`,
      );
    try {
      checkBody(to.id as 'openai-chat', there.body);
    } catch (thrown) {
      throw show(`what was written is no ${to.id} body: ${String(thrown)}`);
    }
    const lost = silent(from, body, there.body, there.losses);
    if (lost) throw show(`${lost.path} (${lost.words.join(' ')}) was lost in silence`);
    const back = convert(there.body, writing(to), from, ableTarget(from), true, there.address);
    if (!back) return;
    const lostBack = silent(to, there.body, back.body, back.losses);
    if (lostBack)
      throw show(
        `${lostBack.path} (${lostBack.words.join(' ')}) was lost in silence on the way back: ${JSON.stringify(back)}`,
      );
    const flag = flipped(from, body, back.body, [...there.losses, ...valuesLost(there.body, back.losses)]);
    if (flag)
      throw show(
        `${flag.path} = ${String(flag.value)} did not come back and no loss names it: ${JSON.stringify(back)}`,
      );
  });

/** The first leaf with words that neither arrived nor is named nor may be left out. */
function silent(codec: Codec, before: JsonObject, after: JsonObject, losses: Loss[]): Leaf | undefined {
  const text = JSON.stringify(after);
  return leavesOf(before).find((leaf) => {
    if (leaf.words.length === 0) return false;
    if (leaf.words.every((word) => text.includes(word))) FATES.carried++;
    else if (isNamed(leaf, losses)) FATES.named++;
    else if (isIgnored(codec.id, leaf.trait, leaf.value)) FATES.ignored++;
    else return true;
    return false;
  });
}

/** A thing that only moved must still be there. */
function isNamed({ path }: Leaf, losses: Loss[]): boolean {
  return losses.some((loss) => loss.action !== 'moved' && names(loss.path, path));
}

/**
 * The first flag, number or choice that is not the same after there and back. Where it stood may change (a text as
 * a part), so any leaf with its name and value will do.
 */
function flipped(
  codec: Codec,
  before: JsonObject,
  after: JsonObject,
  losses: (Loss | Value)[],
): Leaf | undefined {
  const text = JSON.stringify(after);
  const arrived = new Set(leavesOf(after).map((leaf) => `${nameOf(leaf)}=${String(leaf.value)}`));
  const named = losses.filter((loss) => 'path' in loss);
  const values = losses.filter((loss) => 'value' in loss).map((loss) => loss.value);
  return leavesOf(before).find((leaf) => {
    if (leaf.words.length > 0 || leaf.trait.includes('*')) return false;
    if (
      isIgnored(codec.id, leaf.trait, leaf.value) ||
      isNamed(leaf, named) ||
      values.includes(word(leaf.value))
    )
      return false;
    // what a tool was given or gave back may stand inside a text
    if (PAYLOAD.test(leaf.trait) && text.includes(String(leaf.value))) return false;
    return !arrived.has(`${nameOf(leaf)}=${String(leaf.value)}`);
  });
}

const PAYLOAD = /\.(action|operation|output|input)(\.|\[|$)/;

type Value = { value: Leaf['value'] };

/** On the way back losses name the other format's members: the values that stood there. */
function valuesLost(body: JsonObject, losses: Loss[]): Value[] {
  return leavesOf(body)
    .filter((leaf) => isNamed(leaf, losses))
    .map(({ trait, value }) => ({
      value: word(trait.endsWith('disable_parallel_tool_use') ? !value : value),
    }));
}

/** Words that formats spell differently, in one spelling. */
function word(value: Leaf['value']): Leaf['value'] {
  if (typeof value !== 'string') return value;
  return SPELLINGS[value.toLowerCase()] ?? value.toLowerCase();
}

const SPELLINGS: Record<string, Leaf['value']> = {
  any: 'required',
  standard: 'default',
  standard_only: 'default',
  // Google's mode in which tools are strict
  validated: true,
};

/** Members of one meaning that have an older name. */
const OLDER: Record<string, string> = {
  max_tokens: 'max_completion_tokens',
  generate_summary: 'summary',
  function_call: 'tool_choice',
};

function nameOf({ trait }: Leaf): string {
  const name = trait.split('.').at(-1) ?? '';
  return OLDER[name] ?? name;
}

export const LAW_4: Law[] = PAIRS.map((pair) => ({
  name: `law 4, no silent loss: every leaf of ${pair[0].id} arrives in ${pair[1].id}, or is named, or the request is refused`,
  property: () => noSilentLoss(pair),
  mutants: [
    {
      name: 'an encoder that drops the temperature without a loss',
      complaint: /temperature = [\d.]+ did not come back and no loss names it/,
      property: () =>
        noSilentLoss(pair, undefined, (codec) =>
          withRequestEncoder(codec, ({ value, losses }) => ({ value: withoutTemperature(value), losses })),
        ),
    },
    {
      name: 'a decoder that forgets the last message',
      complaint: /(messages|input|contents)\[\d+\].* was lost in silence$/,
      property: () =>
        noSilentLoss(pair, (codec) =>
          withRequestDecoder(codec, ({ value, losses }) => ({
            value: {
              ...value,
              messages: value.messages.length > 1 ? value.messages.slice(0, -1) : value.messages,
            },
            losses,
          })),
        ),
    },
    {
      name: 'a decoder that names no losses',
      complaint: /was lost in silence$/,
      property: () =>
        noSilentLoss(pair, (codec) => withRequestDecoder(codec, ({ value }) => ({ value, losses: [] }))),
    },
  ],
}));
