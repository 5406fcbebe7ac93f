// Answers brought back to what the client asked for: streamed in any pieces they come to the same as whole.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type AnswerChange, chainChanges } from '../../src/canonical/answer-change.ts';
import { AnswerTool } from '../../src/canonical/answer-tool.ts';
import type { StreamEvent } from '../../src/canonical/event.ts';
import { Fold } from '../../src/canonical/fold.ts';
import type { Part } from '../../src/canonical/part.ts';
import type { CanonicalResponse, Finish } from '../../src/canonical/response.ts';
import { StopCut } from '../../src/canonical/stop-cut.ts';
import { CODE_FENCE, QUOTES, Unwrap, WRAPPER } from '../../src/canonical/unwrap.ts';

const text = (words: string): Part => ({ kind: 'text', text: words });
const call = (name: string, input: string): Part => ({
  kind: 'tool-call',
  id: 'c1',
  name,
  form: 'json',
  input,
});
const answer = (parts: Part[], reason: Finish['reason'] = 'end'): CanonicalResponse => ({
  parts,
  finish: { reason },
});

/** The stream of an answer of texts and calls, cut into pieces of so many characters. */
function streamOf({ parts, finish }: CanonicalResponse, size: number): StreamEvent[] {
  const events: StreamEvent[] = [{ type: 'start' }];
  for (const [index, part] of parts.entries()) {
    if (part.kind !== 'text' && part.kind !== 'tool-call') continue;
    const { words, start } =
      part.kind === 'text'
        ? { words: part.text, start: { kind: 'text' as const } }
        : { words: part.input, start: { kind: part.kind, id: part.id, name: part.name, form: part.form } };
    events.push({ type: 'part-start', index, part: start });
    for (let at = 0; at < words.length; at += size) {
      const piece = words.slice(at, at + size);
      const kind = part.kind === 'text' ? ('text' as const) : ('input' as const);
      events.push({ type: 'part-delta', index, delta: { kind, text: piece } });
    }
    events.push({ type: 'part-end', index });
  }
  return [...events, { type: 'finish', finish }];
}

function streamed(response: CanonicalResponse, change: AnswerChange, size: number): CanonicalResponse {
  const fold = new Fold();
  for (const event of streamOf(response, size)) for (const each of change.events(event)) fold.push(each);
  return fold.response();
}

function both(response: CanonicalResponse, make: () => AnswerChange): CanonicalResponse {
  const whole = make().response(response);
  for (const size of [1, 2, 3, 7, 1000]) expect(streamed(response, make(), size)).toEqual(whole);
  return whole;
}

describe('the made-up tool', () => {
  test('is the text of the answer, which simply ends', () => {
    const changed = both(answer([call('answer', '{"a":1}')], 'tool'), () => new AnswerTool('answer'));
    expect(changed).toEqual(answer([text('{"a":1}')], 'end'));
  });

  test('leaves the client its own calls, and an answer without it alone', () => {
    const mixed = answer([call('answer', '{}'), call('look', '{"q":1}')], 'tool');
    expect(both(mixed, () => new AnswerTool('answer'))).toEqual(
      answer([text('{}'), call('look', '{"q":1}')], 'tool'),
    );
    const cut = answer([call('answer', '{"a"')], 'length');
    expect(both(cut, () => new AnswerTool('answer')).finish.reason).toBe('length');
    const other = answer([call('look', '{}')], 'tool');
    expect(both(other, () => new AnswerTool('answer'))).toEqual(other);
  });
});

describe('a code fence', () => {
  test.each([
    ['```json\n{"a":"```"}\n```', '{"a":"```"}'],
    ['\n```\n[1]\n```\n', '[1]'],
    ['{"a":1}', '{"a":1}'],
    ['`code` and more', '`code` and more'],
    ['```json', '```json'],
    ['```json\n{"a":1}', '{"a":1}'],
    ['', ''],
  ])('%j becomes %j', (before, after) => {
    expect(both(answer([text(before)]), () => new Unwrap(CODE_FENCE))).toEqual(answer([text(after)]));
  });
});

describe('an object around an answer that is none', () => {
  test.each([
    ['{"value":[{"a":1},{"b":{}}]}', '[{"a":1},{"b":{}}]'],
    [' {\n  "value" : [ 1 ]\n}\n', '[ 1 ]'],
    ['{"value":"}"}', '"}"'],
    ['{"value":{"value":{}}}', '{"value":{}}'],
    ['[1]', '[1]'],
    ['{"values":[1]}', '{"values":[1]}'],
    ['I cannot say.', 'I cannot say.'],
    ['{"value": ', '{"value": '],
    ['', ''],
  ])('%j becomes %j', (before, after) => {
    expect(both(answer([text(before)]), () => new Unwrap(WRAPPER))).toEqual(answer([text(after)]));
  });
});

test('quotes around a word come off', () => {
  for (const [before, after] of [
    ['"brass"', 'brass'],
    [' "a b" \n', 'a b'],
    ['brass', 'brass'],
    ['"', ''],
    ['', ''],
  ] as const)
    expect(both(answer([text(before)]), () => new Unwrap(QUOTES))).toEqual(answer([text(after)]));
});

describe('a stop text', () => {
  test('ends the answer before it, whatever pieces it comes in, and nothing follows', () => {
    const said = answer([text('one EN two END three'), call('f', '{}')], 'tool');
    const cut = both(said, () => new StopCut(['END']));
    expect(cut).toEqual({
      parts: [text('one EN two ')],
      finish: { reason: 'stop-sequence', stopSequence: 'END' },
    });
  });

  test('that never comes whole takes nothing away', () => {
    const said = answer([text('an EN'), text('D of it')]);
    expect(both(said, () => new StopCut(['END', 'of them']))).toEqual(said);
  });

  test('of several the one that ends first counts, as everywhere', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 30 });
    const words = fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(letters, words, (said, stops) => {
        const cut = both(answer([text(said)]), () => new StopCut(stops));
        const left = (cut.parts[0] as { text: string }).text;
        expect(said.startsWith(left)).toBe(true);
        expect(stops.some((word) => left.includes(word))).toBe(false);
        if (cut.finish.reason === 'end') expect(left).toBe(said);
        else expect(said.slice(left.length).startsWith(String(cut.finish.stopSequence))).toBe(true);
      }),
    );
  });

  test('keeps what a piece says of its tokens with the text that is shown', () => {
    const change = new StopCut(['END']);
    const logprobs = [{ token: 'E', logprob: -1, bytes: null, top: [] }];
    const delta = (words: string) =>
      change.events({ type: 'part-delta', index: 0, delta: { kind: 'text', text: words, logprobs } });
    expect(delta('E')).toEqual([]);
    expect(delta('x')).toMatchObject([{ delta: { text: 'Ex', logprobs: [{ token: 'E' }, { token: 'E' }] } }]);
  });
});

test('changes are made one after the other', () => {
  const make = chainChanges([
    () => undefined,
    () => new Unwrap(CODE_FENCE),
    () => new StopCut(['}']),
  ]) as () => AnswerChange;
  expect(both(answer([text('```json\n{"a":1}\n```')]), make).parts).toEqual([text('{"a":1')]);
  expect(chainChanges([() => undefined])()).toBeUndefined();
});
