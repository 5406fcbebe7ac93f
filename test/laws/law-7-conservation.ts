// Law 7, of usage: token classes are disjoint and add up to the provider's total.

import fc from 'fast-check';
import { cacheWriteTotal, type Usage } from '../../src/canonical/usage.ts';
import type { Codec } from '../../src/formats/codec.ts';
import { asNumber, asObject, type JsonObject, type JsonValue } from '../../src/lib/json.ts';
import { answerOf, decodeStream, FORMATS, foldAll } from './answers.ts';
import { drawn } from './choices.ts';
import type { Law } from './law.ts';
import { chunksOf } from './wire-answer.ts';

const conservation = (spoil: (usage: Usage) => Usage = (usage) => usage) =>
  fc.property(
    drawn((c) => {
      const codec = FORMATS[c.below(FORMATS.length)] as Codec;
      const answer = answerOf(codec, c, c.one('none', 'harmless'));
      return { codec, answer, chunks: chunksOf(c, answer.frames.join('')) };
    }),
    ({ codec, answer, chunks }) => {
      const reported = answer.body.usage ?? answer.body.usageMetadata ?? null;
      for (const response of [codec.decodeResponse(answer.body), foldAll(decodeStream(codec, chunks))]) {
        if (!response.usage) {
          if (reported !== null) throw new Error(`${codec.id}: reported usage was not read`);
          continue;
        }
        const usage = spoil(response.usage);
        const wrong = problemWith(usage, asObject(reported));
        if (wrong)
          throw new Error(`${codec.id}: ${wrong}\n${JSON.stringify(reported)}\n${JSON.stringify(usage)}`);
      }
    },
  );

/** What is wrong with the classes or their sum; undefined when nothing is. */
function problemWith(usage: Usage, reported: JsonObject): string | undefined {
  const counts = [
    usage.inputUncached,
    usage.cacheRead,
    ...Object.values(usage.cacheWrite),
    usage.output,
    usage.outputReasoning,
  ];
  if (counts.some((count) => !Number.isInteger(count) || count < 0))
    return 'a count is no whole number of at least 0';
  if (usage.input !== usage.inputUncached + usage.cacheRead + cacheWriteTotal(usage))
    return 'input is not the sum of its classes';
  if (usage.outputReasoning > usage.output) return 'reasoning is more than the output it is part of';
  if (usage.input !== inputTotal(reported)) return 'input is not what the provider counted';
  if (usage.output !== outputTotal(reported)) return 'output is not what the provider counted';
  return undefined;
}

/** OpenAI's totals hold the cached tokens, Anthropic's `input_tokens` does not; Google's leave out what tools read. */
function inputTotal(reported: JsonObject): number {
  if ('promptTokenCount' in reported)
    return count(reported.promptTokenCount) + count(reported.toolUsePromptTokenCount);
  if ('prompt_tokens' in reported) return count(reported.prompt_tokens);
  const apart = count(reported.cache_creation_input_tokens) + count(reported.cache_read_input_tokens);
  return count(reported.input_tokens) + apart;
}

function outputTotal(reported: JsonObject): number {
  if ('candidatesTokenCount' in reported)
    return count(reported.candidatesTokenCount) + count(reported.thoughtsTokenCount);
  return count(reported.completion_tokens ?? reported.output_tokens);
}

function count(value: JsonValue | undefined): number {
  return asNumber(value) ?? 0;
}

export const LAW_7: Law[] = [
  {
    name: 'law 7, conservation: token classes are disjoint and add up to the provider’s total',
    property: () => conservation(),
    mutants: [
      {
        name: 'a reader that counts cached tokens twice',
        complaint: /input is not the sum of its classes$/,
        property: () =>
          conservation((usage) => ({ ...usage, inputUncached: usage.inputUncached + usage.cacheRead })),
      },
      {
        name: 'a reader that adds reasoning to the output',
        complaint: /output is not what the provider counted$/,
        property: () => conservation((usage) => ({ ...usage, output: usage.output + usage.outputReasoning })),
      },
    ],
  },
];
