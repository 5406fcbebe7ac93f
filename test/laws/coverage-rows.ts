// The rows of the mapping tables by the format whose requests reach them.

import type { FormatId } from '../../src/canonical/part.ts';
import { CHAT } from './coverage-chat.ts';
import { GOOGLE } from './coverage-google.ts';
import { MESSAGES } from './coverage-messages.ts';
import { RESPONSES } from './coverage-responses.ts';

export const ROWS: Partial<Record<FormatId, string[]>> = {
  'openai-chat': CHAT,
  'openai-responses': RESPONSES,
  'anthropic-messages': MESSAGES,
  'google-generate-content': GOOGLE,
};
