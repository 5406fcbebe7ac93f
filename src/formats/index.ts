// The table of wire formats: adding one is a folder and a line here.

import type { FormatId } from '../canonical/part.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import type { Codec } from './codec.ts';
import { googleGenerateContent } from './google-generate-content/index.ts';
import { openaiChat } from './openai-chat/index.ts';
import { openaiResponses } from './openai-responses/index.ts';

export const FORMATS: Readonly<Record<FormatId, Codec>> = {
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'anthropic-messages': anthropicMessages,
  'google-generate-content': googleGenerateContent,
};

/** Every codec there is. */
export const CODECS: readonly Codec[] = Object.values(FORMATS);
