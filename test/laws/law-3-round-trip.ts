// Law 3: a request made of what a format has survives encode then decode, with no losses.

import fc from 'fast-check';
import type { FormatId, Message, Part } from '../../src/canonical/part.ts';
import type { CanonicalRequest, FunctionTool, Tool } from '../../src/canonical/request.ts';
import { checkBody } from '../../src/formats/check.ts';
import type { Codec, Target } from '../../src/formats/codec.ts';
import { FORMATS } from './answers.ts';
import { canonicalChat } from './canonical-chat.ts';
import { canonicalGoogle } from './canonical-google.ts';
import { canonicalMessages } from './canonical-messages.ts';
import { canonicalResponses } from './canonical-responses.ts';
import { type Choices, drawn } from './choices.ts';
import { differing, type Law } from './law.ts';
import { sorted } from './law-5-stream-equals-whole.ts';
import { withRequestDecoder, withRequestEncoder } from './mutants.ts';

const GENERATORS: Partial<Record<FormatId, (c: Choices) => CanonicalRequest>> = {
  'openai-chat': canonicalChat,
  'openai-responses': canonicalResponses,
  'anthropic-messages': canonicalMessages,
  'google-generate-content': canonicalGoogle,
};

/** An upstream model that can do everything its format can say. */
export function ableTarget(codec: Codec, model = 'the-model'): Target {
  return {
    model,
    maxOutputTokens: undefined,
    developerRole: true,
    maxTokensField: 'max_completion_tokens',
    midSystem: true,
    thinking: codec.id === 'anthropic-messages' ? 'adaptive' : 'effort',
    efforts: [],
    structuredOutput: true,
    sampling: true,
    reasoningContent: true,
    toolSearch: true,
  };
}

const roundTrip = (mutate = (codec: Codec) => codec) =>
  fc.property(
    drawn((c) => {
      const codec = FORMATS[c.below(FORMATS.length)] as Codec;
      const request = GENERATORS[codec.id]?.(c);
      if (!request) throw new Error(`no generator of ${codec.id} requests`);
      return { codec, request };
    }),
    ({ codec, request }) => {
      const spoilt = mutate(codec);
      const encoded = spoilt.encodeRequest(request, ableTarget(codec, request.model));
      if (codec.id in GENERATORS) checkBody(codec.id as 'openai-chat', encoded.value);
      const decoded = spoilt.decodeRequest(encoded.value, { model: request.model, stream: request.stream });
      const losses = [...encoded.losses, ...decoded.losses];
      if (losses.length > 0)
        throw new Error(`${codec.id}: losses of what the format has\n${JSON.stringify(losses)}`);
      const before = sorted(normal(request, codec.id)) as object;
      const after = sorted(normal(decoded.value, codec.id)) as object;
      const changed = differing(before, after);
      const told = [before, after, encoded.value].map((one) => JSON.stringify(one));
      if (changed.length > 0)
        throw new Error(
          `${codec.id}: changed on the way: ${changed}\nbefore, after, wire\n${told.join('\n')}`,
        );
    },
  );

/**
 * The normal form in which two requests that mean the same are equal:
 * - where things stood in the client's body (`at`, `origin`) is no part of the meaning;
 * - `includeUsage` is what every upstream is asked for;
 * - neighbouring messages that are one turn to the format are one message, instructions of Messages excepted;
 * - Responses always says `strict`, and nothing said means false; Chat says nothing of a result's whole-message name;
 * - the item ids that OpenAI's formats give to turns link nothing.
 */
function normal(request: CanonicalRequest, format: FormatId): unknown {
  const { origin: _, includeUsage: _usage, messages, tools, ...rest } = request;
  return {
    ...rest,
    messages: joined(messages, format),
    tools: tools.map((tool) => normalTool(tool, format)),
  };
}

function joined(messages: Message[], format: FormatId): unknown[] {
  const out: Message[] = [];
  for (const { at: _, ...message } of messages) {
    const last = out.at(-1);
    const isTurn =
      message.role === 'tool' ||
      (format !== 'openai-chat' && message.role === 'assistant') ||
      format === 'anthropic-messages' ||
      format === 'google-generate-content';
    const parts = message.parts.map(normalPart);
    if (isTurn && last?.role === message.role) last.parts.push(...parts);
    else out.push({ ...message, parts });
  }
  return out;
}

function normalPart(part: Part): Part {
  const { at: _, ...rest } = part;
  const plain = rest as Part;
  return plain.kind === 'tool-result' ? { ...plain, content: plain.content.map(normalPart) } : plain;
}

function normalTool(tool: Tool, format: FormatId): unknown {
  const { at: _, ...all } = tool;
  const { strictAt: _at, ...rest } = all as FunctionTool;
  return rest.kind === 'function' && format === 'openai-responses'
    ? { ...rest, strict: rest.strict ?? false }
    : rest;
}

export const LAW_3: Law[] = [
  {
    name: 'law 3, round trip: a request made of what a format has survives it, with no losses',
    property: () => roundTrip(),
    mutants: [
      {
        name: 'an encoder that drops the temperature',
        complaint: /changed on the way: sampling$/,
        property: () =>
          roundTrip((codec) =>
            withRequestEncoder(codec, ({ value: { temperature: _, ...value }, losses }) => ({
              value,
              losses,
            })),
          ),
      },
      {
        name: 'a decoder that swaps two parts',
        complaint: /changed on the way: messages$/,
        property: () =>
          roundTrip((codec) =>
            withRequestDecoder(codec, ({ value, losses }) => {
              const messages = value.messages.map((message) => ({
                ...message,
                parts: message.parts.toReversed(),
              }));
              return { value: { ...value, messages }, losses };
            }),
          ),
      },
    ],
  },
];
