// The `response` object around an answer: who asked for what, and how it stands.

import { asArray, asString, isObject, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import type { Dress } from '../../codec.ts';
import { withoutTokens } from '../remote-servers.ts';

export type AnswerState = {
  status: 'in_progress' | 'completed' | 'incomplete' | 'failed';
  output: JsonObject[];
  usage: JsonObject | null;
  toolUsage: JsonObject | undefined;
  error: JsonObject | null;
  incompleteReason: string | undefined;
  serviceTier: string | undefined;
};

/** Clients read what they asked for back from the answer, so every setting is echoed, defaults included. */
export function answerBody(dress: Dress, state: AnswerState): JsonObject {
  const { request } = dress;
  const echo = (member: string, otherwise: JsonValue): JsonValue => request[member] ?? otherwise;
  const { status, output, usage, toolUsage, error, incompleteReason, serviceTier } = state;
  const isDone = status === 'completed';
  return {
    id: dress.id,
    object: 'response',
    created_at: dress.createdS,
    status,
    background: false,
    completed_at: isDone ? Math.max(dress.createdS, dress.nowS?.() ?? 0) : null,
    error,
    incomplete_details: incompleteReason === undefined ? null : { reason: incompleteReason },
    instructions: echo('instructions', null),
    max_output_tokens: echo('max_output_tokens', null),
    max_tool_calls: echo('max_tool_calls', null),
    model: dress.model,
    output,
    parallel_tool_calls: echo('parallel_tool_calls', true),
    previous_response_id: null,
    prompt_cache_key: echo('prompt_cache_key', null),
    reasoning: echoReasoning(request.reasoning),
    safety_identifier: echo('safety_identifier', null),
    service_tier: answerTier(serviceTier) ?? echoTier(request.service_tier),
    store: false,
    temperature: echo('temperature', null),
    text: echoText(request.text),
    tool_choice: echo('tool_choice', 'auto'),
    tools: withoutTokens(asArray(request.tools).filter(isObject)),
    top_logprobs: echo('top_logprobs', 0),
    top_p: echo('top_p', null),
    truncation: 'disabled',
    usage,
    ...(toolUsage === undefined ? {} : { tool_usage: toolUsage }),
    user: echo('user', null),
    metadata: echo('metadata', {}),
  };
}

const TIERS = ['auto', 'default', 'flex', 'scale', 'priority', 'fast', 'ultrafast'];

/** The tier that answered in the words of this format; undefined where it has none for it. */
function answerTier(tier: string | undefined): string | undefined {
  return tier !== undefined && TIERS.includes(tier) ? tier : undefined;
}

/** What is dearer is not claimed unless the provider says so. */
function echoTier(asked: JsonValue | undefined): string {
  const tier = asString(asked);
  return tier === 'auto' || tier === 'flex' || tier === 'scale' ? tier : 'default';
}

function echoReasoning(asked: JsonValue | undefined): JsonObject {
  return { effort: null, summary: null, ...(isObject(asked) ? asked : {}) };
}

function echoText(asked: JsonValue | undefined): JsonObject {
  const text = isObject(asked) ? asked : {};
  return { ...text, format: text.format ?? { type: 'text' }, verbosity: text.verbosity ?? 'medium' };
}
