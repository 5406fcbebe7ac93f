// The table of wire formats: adding one is a folder and a line here.

import type { FormatId } from '../canonical/part.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import type { Codec } from './codec.ts';
import { googleEmbeddings } from './google-generate-content/embeddings/codec.ts';
import { googleGenerateContent } from './google-generate-content/index.ts';
import { openaiEmbeddings } from './openai-chat/embeddings/codec.ts';
import { openaiChat } from './openai-chat/index.ts';
import { openaiResponses } from './openai-responses/index.ts';

export const FORMATS: Readonly<Record<FormatId, Codec>> = {
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'anthropic-messages': anthropicMessages,
  'google-generate-content': googleGenerateContent,
};

const EMBEDDING: Readonly<Partial<Record<FormatId, Codec>>> = {
  'openai-chat': openaiEmbeddings,
  'google-generate-content': googleEmbeddings,
};

/** The codec of the format for answers, or for what is made in their place; undefined where it has no such operation. */
export function codecIn(format: FormatId, makes: Codec['makes']): Codec | undefined {
  return (makes === 'embeddings' ? EMBEDDING : FORMATS)[format];
}

/** What clients ask in: a format, or what is made in the place of answers. */
export const ASKED: Readonly<Record<FormatId | 'embeddings', Codec>> = {
  ...FORMATS,
  embeddings: openaiEmbeddings,
};
export type AskedIn = keyof typeof ASKED;

/** Every codec there is for answers. */
export const CODECS: readonly Codec[] = Object.values(FORMATS);
