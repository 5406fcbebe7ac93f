// Token log probabilities between Google's two lists and the canonical tokens.

import type { TokenLogprob } from '../../canonical/part.ts';
import { asArray, asNumber, asObject, asString, type JsonObject, type JsonValue } from '../../lib/json.ts';

type Token = Omit<TokenLogprob, 'top'>;

/** Reads `logprobsResult`; empty when there is none. */
export function decodeLogprobs(result: JsonValue | undefined): TokenLogprob[] {
  const { chosenCandidates, topCandidates } = asObject(result);
  const tops = asArray(topCandidates);
  return asArray(chosenCandidates).map((chosen, i) => ({
    ...oneToken(chosen),
    top: asArray(asObject(tops[i]).candidates).map(oneToken),
  }));
}

function oneToken(value: JsonValue): Token {
  const { token, logProbability } = asObject(value);
  const text = asString(token) ?? '';
  return { token: text, logprob: asNumber(logProbability) ?? 0, bytes: [...new TextEncoder().encode(text)] };
}

/** Writes `logprobsResult`; undefined when there is nothing to tell. */
export function encodeLogprobs(logprobs: TokenLogprob[]): JsonObject | undefined {
  if (logprobs.length === 0) return undefined;
  return {
    chosenCandidates: logprobs.map(wireToken),
    topCandidates: logprobs.map(({ top }) => ({ candidates: top.map(wireToken) })),
  };
}

function wireToken({ token, logprob }: Token): JsonObject {
  return { token, logProbability: logprob };
}
