// Answers in which a provider ran code, whole and streamed, in the shapes that the official SDKs type.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { anthropicMessages } from '../../src/formats/anthropic-messages/index.ts';
import type { Codec } from '../../src/formats/codec.ts';
import { googleGenerateContent } from '../../src/formats/google-generate-content/index.ts';
import { openaiResponses } from '../../src/formats/openai-responses/index.ts';
import type { JsonObject } from '../../src/lib/json.ts';

/** What the picture is in which OpenAI's and Google's answers end: a PNG by its first bytes alone. */
export const PICTURE = 'iVBORw0KGgoAAAANSUhEUg==';
export const SAID = 'There are two files.';

export type Runner = { codec: Codec; body: JsonObject; stream: string };

function runner(codec: Codec, name: string): Runner {
  const read = (ending: string) =>
    readFileSync(join(import.meta.dir, '..', 'fixtures', codec.id, `${name}.${ending}`), 'utf8');
  return { codec, body: JSON.parse(read('json')) as JsonObject, stream: read('sse') };
}

/** Who ran the code: the three say the same, each in its own way. */
export const RUNNERS = {
  claude: runner(anthropicMessages, 'code'),
  gpt: runner(openaiResponses, 'code'),
  gemini: runner(googleGenerateContent, 'drawn'),
};
