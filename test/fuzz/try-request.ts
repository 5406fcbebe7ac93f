// A client's request, as far as it goes before it is sent: read, checked, planned for upstreams of every format.

import { estimatePromptTokens } from '../../src/billing/body-tokens.ts';
import type { Fault } from '../../src/canonical/fault.ts';
import type { FormatId } from '../../src/canonical/part.ts';
import { buildModelIndex, resolveModel } from '../../src/catalog/resolve.ts';
import { type BodyKind, checkBody } from '../../src/formats/check.ts';
import type { Codec, Dress } from '../../src/formats/codec.ts';
import { parseBody } from '../../src/gateway/admission/body.ts';
import { type Call, dressOf } from '../../src/gateway/call.ts';
import { candidatesOf } from '../../src/gateway/candidates/candidate.ts';
import { Conversations } from '../../src/gateway/candidates/conversations.ts';
import { Health } from '../../src/gateway/health/health.ts';
import { type Plan, type PlanPorts, planCall } from '../../src/gateway/plan.ts';
import { asObject, isObject, type JsonObject } from '../../src/lib/json.ts';
import { createMemoryThoughts } from '../../src/store/memory/thoughts.ts';
import { judge } from '../laws/grammar.ts';
import { accepted, loadText } from '../support/config-file.ts';
import { chosen, mustBeFault, type Outcome } from './must.ts';

const COUNTING: Partial<Record<FormatId, BodyKind>> = {
  'openai-responses': 'count-responses',
  'anthropic-messages': 'count-messages',
  'google-generate-content': 'count-generate',
};

/** Upstreams that differ in format, or in what they want of the same one. */
const MODELS = [
  'plain/any',
  'openai/gpt-5',
  'anthropic/claude-opus-4.6',
  'anthropic/claude-haiku-4-5',
  'google/gemini-2.5-pro',
] as const;

const config = accepted(
  loadText(
    JSON.stringify({
      providers: {
        plain: { base_url: 'http://127.0.0.1:1/v1', format: 'openai-chat', auth: 'none' },
        openai: { api_key: 'one' },
        anthropic: { api_key: 'two' },
        google: { api_key: 'three' },
      },
      models: {
        any: { price: { input: 0, output: 0 }, deployments: [{ provider: 'plain', model: 'any-up' }] },
      },
    }),
  ),
);
const index = buildModelIndex(config);
const PORTS: PlanPorts = {
  sealKey: new Uint8Array(32),
  thoughts: createMemoryThoughts(),
  health: new Health(),
  conversations: new Conversations(),
  config,
  models: index,
  pauses: { isEmpty: true, of: () => undefined },
};

/** Throws when the request is neither refused with a 4xx nor made into one that its upstream's format allows. */
export function tryRequest(codec: Codec, bytes: Uint8Array, only?: number): Outcome {
  estimatePromptTokens(bytes);
  let body: JsonObject;
  try {
    body = parseBody(bytes);
    const counting = COUNTING[codec.id];
    if (counting) refusesOrNot(() => checkBody(counting, structuredClone(body)));
    checkBody(codec.id as BodyKind, body);
  } catch (thrown) {
    mustRefuse(thrown);
    return { bytesOut: 0, understood: false };
  }
  let bytesOut = 0;
  for (const model of chosen(MODELS, only)) {
    const call = callOf(codec, bytes, body, model);
    for (const candidate of candidatesOf(call, config.providers)) {
      const plan = refusesOrNot(() => planCall(call, candidate, PORTS));
      if (!plan) continue;
      bytesOut += plan.body.length;
      mustBeLegal(plan, call, codec);
    }
  }
  bytesOut += mustEcho(codec, dressOf(callOf(codec, bytes, body, MODELS[0]), 'a1', 1_763_700_123));
  return { bytesOut, understood: true };
}

function callOf(codec: Codec, bytes: Uint8Array, body: JsonObject, modelName: string): Call {
  const resolution = resolveModel(index, modelName);
  const written = typeof body.model === 'string' ? body.model : modelName;
  const stream = body.stream === true;
  // the rest of a call plays no part in its plan
  return {
    codec,
    bytes,
    body,
    modelName: written,
    model: resolution.model,
    resolution,
    stream,
    requestId: 'request-1',
    key: { id: 'key-1' },
    headers: new Headers(),
    promptTokens: 1,
    price: { input: 0, output: 0, source: '', asOf: '' },
  } as unknown as Call;
}

/** The cap on the answer has two names, of which providers know one. */
const OTHER_NAME: Record<string, string> = {
  max_tokens: 'max_completion_tokens',
  max_completion_tokens: 'max_tokens',
};

function isSent(sent: JsonObject, name: string, value: unknown): boolean {
  const written = said(value);
  const other = OTHER_NAME[name];
  // null says "not set", and gives way to the cap under its other name
  if (other !== undefined && value === null) return true;
  return [name, other].some((each) => each !== undefined && said(sent[each]) === written);
}

/** A mark of null marks nothing, and is taken out for hosts that know no marks. */
function said(value: unknown): string | undefined {
  return JSON.stringify(value, (name, member) =>
    name === 'cache_control' && member === null ? undefined : member,
  );
}

function mustBeLegal(plan: Plan, call: Call, codec: Codec): void {
  const sent: unknown = JSON.parse(new TextDecoder().decode(plan.body));
  if (!isObject(sent)) throw new Error('what is sent is no object');
  if (plan.kind === 'pass') {
    if (codec.modelEdits) return;
    if (sent.model !== plan.candidate.deployment.model)
      throw new Error('the upstream gets another model name');
    const others = Object.keys(call.body).filter((name) => name !== 'model' && name !== 'stream_options');
    for (const name of others)
      if (plan.losses.length === 0 && !isSent(sent, name, call.body[name]))
        throw new Error(`passing through changed ${name}`);
    return;
  }
  for (const { path, reason } of plan.losses)
    if (typeof path !== 'string' || reason === '') throw new Error('a loss without a place or a reason');
  if (isEmpty(sent)) return;
  try {
    checkBody(plan.upstream.id as BodyKind, sent);
  } catch (thrown) {
    throw new Error(`what is sent is no ${plan.upstream.id} body: ${String(thrown)}`);
  }
}

/** Nothing of the conversation could be said; the upstream refuses it in words of its own. */
function isEmpty(sent: JsonObject): boolean {
  const prompt = sent.messages ?? sent.contents ?? sent.input;
  return Array.isArray(prompt) && prompt.length === 0;
}

/** An answer repeats pieces of its request. */
function mustEcho(codec: Codec, dress: Dress): number {
  const encoder = codec.streamEncoder(dress);
  const text = [
    encoder.push({ type: 'start' }),
    encoder.push({ type: 'part-start', index: 0, part: { kind: 'text' } }),
    encoder.push({ type: 'part-delta', index: 0, delta: { kind: 'text', text: 'word' } }),
    encoder.push({ type: 'part-end', index: 0 }),
    encoder.push({ type: 'finish', finish: { reason: 'end' } }),
  ].join('');
  judge(codec.id, text);
  const whole = codec.encodeResponse(
    { parts: [{ kind: 'text', text: 'word' }], finish: { reason: 'end' } },
    dress,
  );
  codec.decodeResponse(asObject(JSON.parse(JSON.stringify(whole))));
  return text.length;
}

/** What it made, or undefined for a 4xx. */
function refusesOrNot<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (thrown) {
    mustRefuse(thrown);
    return undefined;
  }
}

function mustRefuse(thrown: unknown): void {
  mustBeFault(thrown);
  if ((thrown as Fault).status >= 500) throw thrown;
}
