// One run: spoilt inputs from a seed, each tried out within bounds of time and size, and what went wrong.

import type { FormatId } from '../../src/canonical/part.ts';
import { CODECS, type FORMATS } from '../../src/formats/index.ts';
import { Dice } from './dice.ts';
import type { Outcome } from './must.ts';
import type { Seeds } from './seeds.ts';
import { cutsOf, spoilStream } from './spoil-stream.ts';
import { spoilBytes, spoilJson } from './spoil-text.ts';
import { type Kind, type Trial, tryOut } from './trials.ts';

/** The input that belongs to a seed. */
export function trialOf(seed: number, kind: Kind, seeds: Record<string, Seeds>): Trial {
  const dice = new Dice(seed);
  const format = CODECS[dice.below(CODECS.length)]?.id as FormatId;
  const only = dice.below(1000);
  const { requests, answers, streams, errors } = seeds[format] as Seeds;
  switch (kind) {
    case 'request':
      return { kind, format, bytes: spoilJson(dice, dice.pick(requests) ?? ''), chunk: WHOLE, only };
    case 'answer':
      return { kind, format, bytes: spoilJson(dice, dice.pick(answers) ?? ''), chunk: WHOLE, only };
    case 'stream':
      return { kind, format, bytes: spoilStream(dice, dice.pick(streams) ?? []), chunk: cutsOf(dice), only };
    case 'error': {
      const text = dice.pick(errors) ?? '';
      const bytes = dice.chance(80) ? spoilJson(dice, text) : spoilBytes(dice, Buffer.from(text));
      return { kind, format, bytes, chunk: WHOLE, only };
    }
    default:
      return kind satisfies never;
  }
}

const WHOLE = 1_000_000;

/** Linear work is far below; what grows with the square of its input is far above. */
const MS_MAX = 100;
const MS_PER_KB_MAX = 2;
const MS_PER_CHUNK_MAX = 0.02;
/** A frame of a few bytes can become some hundred, five times over, in each of the formats. */
const BYTES_OUT_MAX = 200_000;
const BYTES_OUT_PER_BYTE_MAX = 120;

/** What was wrong with the way the input was handled; undefined when nothing was. */
export function problemWith(trial: Trial, codecs?: Partial<typeof FORMATS>): string | undefined {
  let fastestMs = Number.POSITIVE_INFINITY;
  let outcome: Outcome;
  const { length } = trial.bytes;
  const allowedMs = MS_MAX + (MS_PER_KB_MAX * length) / 1024 + (MS_PER_CHUNK_MAX * length) / trial.chunk;
  // a pause of the machine is no slowness of ours: what was slow may try again
  let tries = 0;
  do {
    const begun = Bun.nanoseconds();
    try {
      outcome = tryOut(trial, codecs);
    } catch (thrown) {
      return problemOf(thrown);
    }
    fastestMs = Math.min(fastestMs, (Bun.nanoseconds() - begun) / 1e6);
  } while (fastestMs > allowedMs && ++tries < 4);
  if (fastestMs > allowedMs) return `slow: ${fastestMs.toFixed(0)} ms for ${trial.bytes.length} bytes`;
  if (outcome.bytesOut > BYTES_OUT_MAX + BYTES_OUT_PER_BYTE_MAX * trial.bytes.length)
    return `swollen: ${outcome.bytesOut} bytes out of ${trial.bytes.length}`;
  COUNTS.tried++;
  if (outcome.understood) COUNTS.understood++;
  return undefined;
}

/** So many inputs of this process were tried, and so many of them understood, at least in part. */
export const COUNTS = { tried: 0, understood: 0 };

function problemOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const where = thrown.stack?.split('\n').find((line) => line.includes('/src/') || line.includes('/laws/'));
  return `${thrown.name}: ${thrown.message.slice(0, 300)} ${where?.trim() ?? ''}`;
}

/** The input with as much left out as can be while the same thing goes wrong: first whole frames, then ever less. */
export function shrunk(trial: Trial, problem: string, codecs?: Partial<typeof FORMATS>): Trial {
  const fails = (bytes: Uint8Array) => bare(problemWith({ ...trial, bytes }, codecs)) === bare(problem);
  let { bytes } = trial;
  let left = SHRINK_TRIES;
  for (let size = bytes.length >> 1; size >= 1 && left > 0; size >>= 1) {
    for (let at = 0; at < bytes.length && left > 0; left--) {
      const fewer = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
      if (fails(fewer)) bytes = fewer;
      else at += size;
    }
  }
  return { ...trial, bytes };
}

const SHRINK_TRIES = 3_000;

/** The problem without what differs from input to input: its figures and names. */
export function bare(problem: string | undefined): string | undefined {
  return problem?.replace(/"[^"]*"|\d+(\.\d+)?/g, '#');
}
