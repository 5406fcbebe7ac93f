// One question in every format, put to a gateway that keeps answers, and what an answer says of the cache.

import { asArray, asObject, asString } from '../../src/lib/json.ts';
import type { Asked, FormatsHere } from './formats-here.ts';
import type { WireFormat } from './script.ts';
import type { Json } from './strict.ts';

export type Question = {
  text?: string;
  stream?: boolean;
  key?: string;
  headers?: Record<string, string>;
  /** More members of the body. */
  more?: Json;
};

/** The same question whatever the format: one turn, at most 1,000 tokens. */
function bodyIn(format: WireFormat, text: string): Json {
  const messages = [{ role: 'user', content: text }];
  switch (format) {
    case 'openai-chat':
      return { messages, max_tokens: 1000 };
    case 'openai-responses':
      return { input: text, max_output_tokens: 1000, store: false };
    case 'anthropic-messages':
      return { messages, max_tokens: 1000 };
    case 'google-generate-content':
      return {
        contents: [{ role: 'user', parts: [{ text }] }],
        generationConfig: { maxOutputTokens: 1000 },
      };
    default:
      return format satisfies never;
  }
}

export function askIn(
  here: FormatsHere,
  format: WireFormat,
  over: WireFormat,
  question: Question = {},
): Promise<Asked> {
  const { text = 'Hello', stream = false, headers = {}, key = here.key, more = {} } = question;
  const body = { ...bodyIn(format, text), ...more };
  if (format === 'google-generate-content') return here.askAsGoogle(over, body, { stream, headers, key });
  const usage = format === 'openai-chat' && stream ? { stream_options: { include_usage: true } } : {};
  return here.ask(format, over, { ...body, ...usage, stream }, { headers, key });
}

/** `hit` or `miss`; null where the cache is not on. */
export function cacheOf({ headers }: Asked): string | null {
  return headers.get('x-osiris-cache');
}

/** The words of an answer that is not streamed. */
export function textOf(format: WireFormat, answer: Asked): string | undefined {
  const body = answer.json();
  switch (format) {
    case 'openai-chat':
      return asString(asObject(asObject(asArray(body.choices as never)[0]).message).content);
    case 'openai-responses': {
      const message = asArray(body.output as never).find((item) => asObject(item).type === 'message');
      return asString(asObject(asArray(asObject(message).content)[0]).text);
    }
    case 'anthropic-messages':
      return asString(asObject(asArray(body.content as never).at(-1)).text);
    case 'google-generate-content':
      return wordsIn(format, body);
    default:
      return format satisfies never;
  }
}

/** The words of a streamed one, whatever the format. */
export function streamedText(format: WireFormat, answer: Asked): string {
  return answer.text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => wordsIn(format, JSON.parse(line.slice(6)) as Json))
    .join('');
}

function wordsIn(format: WireFormat, frame: Json): string {
  switch (format) {
    case 'openai-chat':
      return asString(asObject(asObject(asArray(frame.choices as never)[0]).delta).content) ?? '';
    case 'openai-responses':
      return frame.type === 'response.output_text.delta' ? String(frame.delta) : '';
    case 'anthropic-messages':
      return asString(asObject(frame.delta as never).text) ?? '';
    case 'google-generate-content':
      return asArray(asObject(asObject(asArray(frame.candidates as never)[0]).content).parts)
        .map((part) => asString(asObject(part).text) ?? '')
        .join('');
    default:
      return format satisfies never;
  }
}
