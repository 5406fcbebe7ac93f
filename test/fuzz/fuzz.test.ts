// Spoilt input of every kind is answered as it must be, what once broke stays mended, and what breaks is noticed.

import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { FormatId } from '../../src/canonical/part.ts';
import type { Codec } from '../../src/formats/codec.ts';
import { CODECS, FORMATS } from '../../src/formats/index.ts';
import { LEVELS_MAX } from '../../src/lib/json.ts';
import { withEncoder } from '../laws/mutants.ts';
import { COUNTS, problemWith, shrunk, trialOf } from './fuzz.ts';
import { seedsOf } from './seeds.ts';
import { KINDS, type Kind } from './trials.ts';

const TIMEOUT_MS = 120_000;
const SEEDS = seedsOf(40, 7);
const ROUNDS = 400;

describe('a seeded run', () => {
  for (const kind of KINDS) {
    test(
      `finds nothing in ${ROUNDS} of kind ${kind}, many of them understood`,
      () => {
        const before = { ...COUNTS };
        const problems: string[] = [];
        for (let seed = 1; seed <= ROUNDS; seed++) {
          const problem = problemWith(trialOf(seed, kind, SEEDS));
          if (problem !== undefined) problems.push(`${kind} seed ${seed}: ${problem}`);
        }
        expect(problems).toEqual([]);
        expect(COUNTS.tried - before.tried).toBe(ROUNDS);
        expect(COUNTS.understood - before.understood).toBeGreaterThan(ROUNDS / 5);
      },
      TIMEOUT_MS,
    );
  }
});

describe('what once broke', () => {
  const folder = join(import.meta.dir, '../fixtures/fuzz');
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const [kind, format] = name.split('/') as [Kind, FormatId];
    if (name.split('/').length < 3) continue;
    test(`${kind} of ${format}: ${basename(name)
      .replace(/\.\w+$/, '')
      .replaceAll('-', ' ')}`, () => {
      const bytes = readFileSync(join(folder, name));
      for (const chunk of kind === 'stream' ? [bytes.length, 61, 1] : [bytes.length])
        expect(problemWith({ kind, format, bytes, chunk })).toBeUndefined();
    });
  }

  for (const { id } of CODECS) {
    test(
      `${id}: values nested as deep as they are read, and deeper than a stack`,
      () => {
        for (const levels of [LEVELS_MAX - 8, LEVELS_MAX + 1, 60_000]) {
          const deep = '['.repeat(levels) + ']'.repeat(levels);
          const say = (kind: Kind, text: string) => {
            const bytes = Buffer.from(text);
            expect(problemWith({ kind, format: id, bytes, chunk: bytes.length })).toBeUndefined();
          };
          const whole = SEEDS[id];
          const nested = (text = '{}') => text.trim().replace(/\}$/, `,"metadata":${deep},"x_new":${deep}}`);
          say('request', nested(whole?.requests[0]));
          say('answer', nested(whole?.answers.at(-1)));
          say('error', `{"error":${deep}}`);
          const frames = whole?.streams.at(-1)?.filter((frame) => frame.includes('{')) ?? [];
          for (const frame of frames.slice(0, 1)) say('stream', `${nested(frame)}\n\n`);
        }
      },
      TIMEOUT_MS,
    );
  }
});

describe('the run notices', () => {
  const findsIn = (kind: Kind, spoil: (codec: Codec) => Codec) => {
    const codecs = Object.fromEntries(CODECS.map((codec) => [codec.id, spoil(codec)])) as typeof FORMATS;
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const problem = problemWith(trialOf(seed, kind, SEEDS), codecs);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };

  test('a decoder that throws in the middle of a stream', () => {
    const thrower = (codec: Codec): Codec => ({
      ...codec,
      streamDecoder: () => {
        const inner = codec.streamDecoder();
        return {
          usage: undefined,
          push: (frame) => {
            if (frame.data.includes('constructor')) throw new TypeError('it broke');
            return inner.push(frame);
          },
          end: () => inner.end(),
        };
      },
    });
    expect(findsIn('stream', thrower)).toStartWith('TypeError: it broke');
  });

  test('an encoder that leaves its stream open', () => {
    const open = (codec: Codec) => withEncoder(codec, (event) => event.type !== 'error');
    expect(findsIn('stream', open)).toContain('the stream is not closed');
  });

  test('a body decoder that blames us for what a provider says', () => {
    const blaming = (codec: Codec): Codec => ({
      ...codec,
      decodeResponse: (body) => {
        if (JSON.stringify(body).includes('constructor')) throw new RangeError('too much');
        return codec.decodeResponse(body);
      },
    });
    expect(findsIn('answer', blaming)).toStartWith('RangeError: too much');
  });

  test(
    'an encoder whose work grows with the square of its input',
    () => {
      const slow = (codec: Codec): Codec => ({
        ...codec,
        decodeError: (status, body, headers) => {
          const text = JSON.stringify(body);
          const { length } = text;
          let found = 0;
          for (let i = 0; i < length; i++) for (let k = 0; k < length; k++) if (text[i] === text[k]) found++;
          if (found < 0) throw new Error('a count below zero');
          return codec.decodeError(status, body, headers);
        },
      });
      const codecs = { 'openai-chat': slow(FORMATS['openai-chat'] as Codec) };
      const bytes = Buffer.from(JSON.stringify({ error: 'a'.repeat(30_000) }));
      const trial = {
        kind: 'error' as const,
        format: 'openai-chat' as const,
        bytes,
        chunk: bytes.length,
        only: 0,
      };
      expect(problemWith(trial, codecs)).toStartWith('slow: ');
    },
    TIMEOUT_MS,
  );

  test('an encoder that makes much of little', () => {
    const swelling = (codec: Codec): Codec => ({
      ...codec,
      encodeResponse: (response, dress) => ({
        ...codec.encodeResponse(response, dress),
        x_padding: 'x'.repeat(400_000),
      }),
    });
    expect(findsIn('answer', swelling)).toStartWith('swollen: ');
  });

  test('and leaves of what broke the piece that matters', () => {
    const allergic = (codec: Codec): Codec => ({
      ...codec,
      decodeError: (status, body, headers) => {
        if (JSON.stringify(body).includes('needle')) throw new TypeError('it broke');
        return codec.decodeError(status, body, headers);
      },
    });
    const codecs = { 'openai-chat': allergic(FORMATS['openai-chat'] as Codec) };
    const bytes = Buffer.from(`{"error":{"message":"${'hay '.repeat(200)}needle${' hay'.repeat(200)}"}}`);
    const trial = { kind: 'error' as const, format: 'openai-chat' as const, bytes, chunk: bytes.length };
    const problem = problemWith(trial, codecs);
    expect(problem).toStartWith('TypeError: it broke');
    expect(Buffer.from(shrunk(trial, String(problem), codecs).bytes).toString()).toBe('needle');
  });
});
