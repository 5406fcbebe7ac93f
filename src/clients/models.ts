// The models that clients are set up with when nobody names one, and their sizes until the server has told them.

import type { ModelFacts } from './client.ts';

/** Of a model nothing is known of. */
const CONTEXT_TOKENS = 128_000;
const MAX_OUTPUT_TOKENS = 32_000;

function model(id: string, name: string, contextTokens: number, maxOutputTokens: number): ModelFacts {
  return { id, name, contextTokens, maxOutputTokens };
}

/** By the dotted name that price pages use. */
export const OPUS = model('claude-opus-4.6', 'Claude Opus 4.6', 200_000, 64_000);
export const SONNET = model('claude-sonnet-4.6', 'Claude Sonnet 4.6', 200_000, 64_000);
export const HAIKU = model('claude-haiku-4.5', 'Claude Haiku 4.5', 200_000, 64_000);
export const GPT = model('gpt-5', 'GPT-5', 400_000, 128_000);
export const GPT_MINI = model('gpt-5-mini', 'GPT-5 Mini', 400_000, 128_000);
const GEMINI = model('gemini-2.5-pro', 'Gemini 2.5 Pro', 1_048_576, 65_536);

/** A program that picks what it sends by the name knows Claude models by their dashed ones only. */
export function dashed(facts: ModelFacts): ModelFacts {
  return { ...facts, id: facts.id.replaceAll('.', '-') };
}

/** For clients that take any model. */
export const ANY_MODEL = [OPUS, SONNET, GPT, GPT_MINI, GEMINI] as const;

export function unknownModel(id: string): ModelFacts {
  return model(id, id, CONTEXT_TOKENS, MAX_OUTPUT_TOKENS);
}
