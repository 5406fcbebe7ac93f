// Law 5: folding the decoded stream gives the decoded body of the same answer.

import fc from 'fast-check';
import type { Part, ReasoningPart, TextPart } from '../../src/canonical/part.ts';
import type { CanonicalResponse } from '../../src/canonical/response.ts';
import { cacheWriteTotal, noUsage, type Usage } from '../../src/canonical/usage.ts';
import type { Codec } from '../../src/formats/codec.ts';
import {
  answerOf,
  decodeStream,
  FORMATS,
  foldAll,
  PAIRS,
  transcodedBody,
  transcoded as transcoding,
} from './answers.ts';
import { drawn } from './choices.ts';
import { differing, type Law } from './law.ts';
import { withDecoder, withEncoder } from './mutants.ts';
import { chunksOf, type WireAnswer } from './wire-answer.ts';

type Case = { answer: WireAnswer; chunks: Uint8Array[]; from: Codec; to: Codec };

const cases = (from: (index: number) => [Codec, Codec]) =>
  drawn((c): Case => {
    const [source, target] = from(c.below(PAIRS.length));
    const answer = answerOf(source, c, c.one('none', 'harmless'));
    return { answer, chunks: chunksOf(c, answer.frames.join('')), from: source, to: target };
  });

const pair = (index: number): [Codec, Codec] => PAIRS[index] ?? (PAIRS[0] as [Codec, Codec]);

/** `mutate` stands a broken codec in for the one that decodes the stream. */
const decoded = (mutate = (codec: Codec) => codec) =>
  fc.property(
    cases((index) => [FORMATS[index % FORMATS.length] as Codec, pair(0)[1]]),
    ({ answer, chunks, from }) => {
      same(foldAll(decodeStream(mutate(from), chunks)), from.decodeResponse(answer.body), answer);
    },
  );

/** `mutate` stands a broken codec in for the one that writes the client's stream. */
const transcoded = (mutate = (codec: Codec) => codec) =>
  fc.property(cases(pair), ({ answer, chunks, from, to }) => {
    const stream = transcoding(from, mutate(to));
    let wire = '';
    for (const chunk of chunks) {
      const { now, last } = stream.push(chunk);
      wire += now + (last ?? '');
    }
    const { now, last } = stream.end();
    wire += now + (last ?? '');
    const streamed = foldAll(decodeStream(to, [new TextEncoder().encode(wire)]));
    const whole = to.decodeResponse(transcodedBody(answer.body, from, to));
    same(asShown(to, streamed), asShown(to, whole), answer);
  });

function same(streamed: CanonicalResponse, whole: CanonicalResponse, answer: WireAnswer): void {
  const [left, right] = [normal(streamed), normal(whole)];
  const names = differing(left, right);
  if (names.length === 0) return;
  const [stream, body] = [left, right].map((one) => JSON.stringify(one));
  throw new Error(
    `not the same in stream and body: ${names}\nstream ${stream}\nwhole  ${body}\nframes\n${answer.frames.join('')}`,
  );
}

/** The answer without what a format's streams cannot say though its bodies can. */
function asShown(to: Codec, response: CanonicalResponse): CanonicalResponse {
  if (to.id === 'openai-chat') return inChatOrder(response);
  if (to.id !== 'anthropic-messages' || !response.usage) return response;
  // the usage of a `message_delta` has neither the tier nor the lifetimes of cache writes
  const { serviceTier: _, ...rest } = response;
  const { tier: _tier, ...usage } = response.usage;
  const cacheWrite = { ...noUsage().cacheWrite, unknown: cacheWriteTotal(response.usage) };
  return { ...rest, usage: { ...usage, cacheWrite } };
}

/** A Chat body has one text and says nothing of where it stood among the calls; its stream does. */
function inChatOrder(response: CanonicalResponse): CanonicalResponse {
  const order = ['reasoning', 'text', 'refusal', 'audio', 'tool-call'];
  const parts = response.parts.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  const joined: Part[] = [];
  // also a lone part is brought to the form of several
  if (parts[0]?.kind === 'reasoning') joined.push({ kind: 'reasoning', summary: [], content: [] });
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.kind === 'text' && last?.kind === 'text') joined[joined.length - 1] = joinTexts(last, part);
    else if (part.kind === 'refusal' && last?.kind === 'refusal')
      joined[joined.length - 1] = { ...last, text: last.text + part.text };
    else if (part.kind === 'reasoning' && last?.kind === 'reasoning')
      joined[joined.length - 1] = joinThoughts(last, part);
    else joined.push(part);
  }
  return { ...response, parts: joined };
}

/** Nor where its thoughts stood, nor which of them each of its details belongs to. */
function joinThoughts(first: ReasoningPart, second: ReasoningPart): ReasoningPart {
  const states = [first, second].flatMap(({ seal }) => (seal ? [JSON.parse(seal.data) as ChatState] : []));
  const details = states.flatMap((state) => state.reasoning_details ?? []);
  const extras = states.flatMap((state) => state.extra_content ?? []);
  const { redacted: _, seal: __, ...rest } = first;
  return {
    ...rest,
    content: [[...first.content, ...second.content].join('')].filter((text) => text !== ''),
    ...(states.length === 0
      ? {}
      : {
          seal: {
            issuer: 'openai-chat',
            data: JSON.stringify({ reasoning_details: details, extra_content: extras }),
          },
        }),
  };
}

type ChatState = { reasoning_details?: unknown[]; extra_content?: unknown };

function joinTexts(first: TextPart, second: TextPart): TextPart {
  const citations = [...(first.citations ?? []), ...(second.citations ?? [])];
  const logprobs = [...(first.logprobs ?? []), ...(second.logprobs ?? [])];
  return {
    ...first,
    text: first.text + second.text,
    ...(citations.length === 0 ? {} : { citations }),
    ...(logprobs.length === 0 ? {} : { logprobs }),
  };
}

/**
 * What may differ: the provider's own object behind a usage, the order of members, and whether tokens were reported
 * early or late.
 */
function normal(response: CanonicalResponse): object {
  const { usage, ...rest } = response;
  return sorted(usage ? { ...rest, usage: normalUsage(usage) } : rest) as object;
}

function normalUsage({ raw: _raw, source: _source, ...usage }: Usage): unknown {
  return usage;
}

/** The value with the members of every object in one order. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(
    members.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, sorted(member)]),
  );
}

export const LAW_5: Law[] = [
  {
    name: 'law 5, stream equals whole: the fold of a decoded stream is the decoded body',
    property: () => decoded(),
    mutants: [
      {
        name: 'a decoder that loses the last delta of a part',
        complaint: /stream and body: parts$/,
        property: () =>
          decoded((codec) =>
            withDecoder(codec, (events) =>
              events.filter(
                (event, i) => !(event.type === 'part-delta' && events[i + 1]?.type === 'part-end'),
              ),
            ),
          ),
      },
      {
        name: 'a decoder that swaps two parts',
        complaint: /stream and body: parts$/,
        property: () =>
          decoded((codec) =>
            withDecoder(codec, (events) =>
              events.map((event) =>
                'index' in event && event.index < 2 ? { ...event, index: 1 - event.index } : event,
              ),
            ),
          ),
      },
    ],
  },
  {
    name: 'law 5, stream equals whole: a transcoded stream folds to the transcoded body',
    property: () => transcoded(),
    mutants: [
      {
        name: 'an encoder that forgets usage',
        complaint: /stream and body: usage$/,
        property: () =>
          transcoded((codec) =>
            withEncoder(codec, (event) => event.type !== 'usage' && !(event.type === 'start' && event.usage)),
          ),
      },
      {
        name: 'an encoder that forgets the arguments of calls',
        complaint: /stream and body: parts$/,
        property: () =>
          transcoded((codec) =>
            withEncoder(codec, (event) => !(event.type === 'part-delta' && event.delta.kind === 'input')),
          ),
      },
    ],
  },
];
