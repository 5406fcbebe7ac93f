// Law 9: no reasoning state reaches a provider other than its issuer.

import fc from 'fast-check';
import type { Model } from '../../src/catalog/model.ts';
import { buildModelIndex } from '../../src/catalog/resolve.ts';
import type { Codec } from '../../src/formats/codec.ts';
import { CODECS } from '../../src/formats/index.ts';
import type { Call } from '../../src/gateway/call.ts';
import type { Candidate } from '../../src/gateway/candidates/candidate.ts';
import { Conversations } from '../../src/gateway/candidates/conversations.ts';
import { Health } from '../../src/gateway/health/health.ts';
import { type PlanPorts, planCall } from '../../src/gateway/plan.ts';
import { AnswerSeals } from '../../src/gateway/reasoning/answer-seals.ts';
import { asArray, asObject, isObject, type JsonObject, type JsonValue } from '../../src/lib/json.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { createMemoryThoughts } from '../../src/store/memory/thoughts.ts';
import { dressOf } from './answers.ts';
import { type Choices, drawn } from './choices.ts';
import type { Law } from './law.ts';

/** Two vendors of every format, each with two accounts, and all of them want their thoughts back. */
const PROVIDERS: Provider[] = CODECS.flatMap((codec) =>
  ['a', 'b'].map((name) => ({
    id: `${codec.id}-${name}`,
    aliases: [],
    displayName: name,
    baseUrl: 'http://127.0.0.1:1',
    auth: 'bearer' as const,
    formats: [codec.id],
    credentials: [`${codec.id}-${name}-1`, `${codec.id}-${name}-2`],
    headers: {},
    ca: undefined,
    builtIn: false,
    quirks: { reasoningContent: true },
  })),
);

const MODEL = {
  id: 'm',
  maxOutputTokens: undefined,
  capabilities: { thinking: 'adaptive', efforts: [], midSystem: true, sampling: true },
} as unknown as Model;

/** What one vendor says: its thoughts, sealed, and a call. */
type Said = { parts: JsonObject[]; seals: string[] };

const INPUT = { place: 'Bergen' };
const ARGS = JSON.stringify(INPUT);

/** One answer of a format around seals that stand nowhere else. */
const SAYS: Record<string, (c: Choices, call: string) => Said> = {
  'anthropic-messages': (c, call) => {
    const [signature, data] = [c.word(), c.word()];
    const thinking = { type: 'thinking', thinking: c.one('', 'Hm.\n\nRain.'), signature };
    const redacted = c.chance(50) ? [{ type: 'redacted_thinking', data }] : [];
    const use = { type: 'tool_use', id: call, name: 'f', input: INPUT };
    return { parts: [thinking, ...redacted, use], seals: [signature, data] };
  },
  'openai-responses': (c, call) => {
    const seal = c.word();
    const summary = c.list(0, 2, () => ({ type: 'summary_text', text: 'Hm.' }));
    const item = { type: 'reasoning', id: `rs_${call}`, summary, encrypted_content: seal };
    return {
      parts: [item, { type: 'function_call', id: `fc_${call}`, call_id: call, name: 'f', arguments: ARGS }],
      seals: [seal],
    };
  },
  'google-generate-content': (c, call) => {
    const [early, late] = [c.word(), c.word()];
    const text = c.chance(50) ? [{ text: 'I look.', thoughtSignature: early }] : [];
    const thought = c.chance(50) ? [{ text: 'Hm.', thought: true }] : [];
    const used = { functionCall: { id: call, name: 'f', args: INPUT }, thoughtSignature: late };
    return { parts: [...text, ...thought, used], seals: [early, late] };
  },
  'openai-chat': (c, call) => {
    const [signature, data, thoughtSignature] = [c.word(), c.word(), c.word()];
    const details = [
      { type: 'reasoning.text', text: 'Hm.', signature, index: 0 },
      { type: 'reasoning.encrypted', data, index: 1 },
    ];
    const extra = c.chance(50) ? { extra_content: { google: { thought_signature: thoughtSignature } } } : {};
    const used = { id: call, type: 'function', function: { name: 'f', arguments: ARGS }, ...extra };
    const message: JsonObject = { role: 'assistant', content: null, tool_calls: [used] };
    if (c.chance(50)) message.reasoning_details = details;
    if (c.chance(50)) message.reasoning_content = 'Hm.';
    return { parts: [message], seals: [signature, data, thoughtSignature] };
  },
};

const BODY: Record<string, (parts: JsonObject[]) => JsonObject> = {
  'anthropic-messages': (content) => ({
    type: 'message',
    role: 'assistant',
    content,
    stop_reason: 'tool_use',
  }),
  'openai-responses': (output) => ({ object: 'response', status: 'completed', output }),
  'google-generate-content': (parts) => ({
    candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }],
  }),
  'openai-chat': ([message = {}]) => ({ choices: [{ index: 0, message, finish_reason: 'tool_calls' }] }),
};

/** How a client of a format keeps its conversation. */
type Dialect = {
  start: JsonObject;
  /** Where its turns stand in a request, and those of an answer. */
  turns: 'messages' | 'input' | 'contents';
  answer(body: JsonObject): JsonValue[];
  result(call: string): JsonValue;
};

const DIALECTS: Record<string, Dialect> = {
  'anthropic-messages': {
    start: { max_tokens: 4096, messages: [{ role: 'user', content: 'Q' }] },
    turns: 'messages',
    answer: (body) => [{ role: 'assistant', content: body.content ?? [] }],
    result: (id) => ({ role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'r' }] }),
  },
  'openai-responses': {
    start: { input: [{ role: 'user', content: 'Q' }] },
    turns: 'input',
    answer: (body) => asArray(body.output),
    result: (id) => ({ type: 'function_call_output', call_id: id, output: 'r' }),
  },
  'google-generate-content': {
    start: { contents: [{ role: 'user', parts: [{ text: 'Q' }] }] },
    turns: 'contents',
    answer: (body) => [asObject(asArray(body.candidates)[0]).content ?? {}],
    result: (id) => ({
      role: 'user',
      parts: [{ functionResponse: { id, name: 'f', response: { result: 'r' } } }],
    }),
  },
  'openai-chat': {
    start: { messages: [{ role: 'user', content: 'Q' }] },
    turns: 'messages',
    answer: (body) => [asObject(asArray(body.choices)[0]).message ?? {}],
    result: (id) => ({ role: 'tool', tool_call_id: id, content: 'r' }),
  },
};

/** Providers in turn, how the client sends the answers back, and which answers it mixes up on the way. */
type Step = { provider: Provider; forgets: boolean; swaps: boolean; said: Said; call: string };
type Case = { client: Codec; steps: Step[] };

const cases = drawn((c): Case => {
  const client = CODECS[c.below(CODECS.length)] as Codec;
  const steps = c.list(2, 5, (index): Step => {
    const provider = PROVIDERS[c.below(PROVIDERS.length)] as Provider;
    // ids come round again, as some vendors number calls anew in every answer
    const call = c.chance(70) ? `call_${index}` : 'call_0';
    const said = (SAYS[provider.formats[0] ?? ''] as (typeof SAYS)[string])(c, call);
    return { provider, forgets: c.chance(30), swaps: c.chance(20), said, call };
  });
  return { client, steps };
});

/** Something that is wrong on purpose. */
type Flaws = {
  provider?: (provider: Provider) => Provider;
  codec?: (codec: Codec) => Codec;
  /** Nothing of what passes is noted. */
  forgetful?: boolean;
};

const sealed = (flaws: Flaws = {}) =>
  fc.property(cases, ({ client, steps }) => {
    const { provider: spoiled = (one) => one, codec: broken = (one) => one } = flaws;
    const dialect = DIALECTS[client.id] as Dialect;
    const store = createMemoryThoughts();
    const ports: PlanPorts = {
      health: new Health(),
      conversations: new Conversations(),
      pauses: { isEmpty: true, of: () => undefined },
      sealKey: new Uint8Array(32).fill(9),
      thoughts: flaws.forgetful ? { remember() {}, recall: () => undefined, hasAny: () => false } : store,
      config: { providers: new Map(PROVIDERS.map((one) => [one.id, one])) },
      models: buildModelIndex({ models: new Map(), providers: new Map() }),
    };
    /** Seal to the account that made it. */
    const owners = new Map<string, string>();
    let body = dialect.start;
    for (const { provider, forgets, swaps, said, call } of steps) {
      const candidate: Candidate = {
        provider: spoiled(provider),
        deployment: { provider: provider.id, model: 'gemini-3-m', weight: 1 },
      };
      const plan = planCall(callOf(broken(client), body), candidate, ports);
      const account = `${provider.id} ${plan.credential}`;
      check(new TextDecoder().decode(plan.body), account, owners);
      for (const seal of said.seals) owners.set(seal, account);
      const own = (BODY[plan.upstream.id] as (typeof BODY)[string])(said.parts);
      let answer = own;
      if (plan.kind === 'pass') plan.noteSeals?.(own);
      else {
        const seals = new AnswerSeals(plan.sealing, client.issuer);
        answer = client.encodeResponse(seals.response(plan.upstream.decodeResponse(own)), dressOf(client));
      }
      const turns = asArray(body[dialect.turns]);
      const echoed = dialect.answer(answer).flatMap((turn) => (forgets ? withoutThoughts(turn) : [turn]));
      const history = swaps ? [...turns.slice(1), ...turns.slice(0, 1)] : turns;
      body = { ...body, [dialect.turns]: [...history, ...echoed, dialect.result(call)] };
    }
  });

function check(sent: string, account: string, owners: Map<string, string>): void {
  if (sent.includes('osr1.')) throw new Error(`an envelope reached ${account}\n${sent}`);
  for (const [seal, owner] of owners)
    if (owner !== account && sent.includes(seal))
      throw new Error(`${owner}’s ${seal} reached ${account}\n${sent}`);
}

function callOf(codec: Codec, body: JsonObject): Call {
  const bytes = new TextEncoder().encode(JSON.stringify({ ...body, model: 'm' }));
  const call = { codec, body: { ...body, model: 'm' }, bytes, key: { id: 'key_1' }, model: MODEL };
  const asked = { headers: new Headers(), promptTokens: 0, price: { input: 0, output: 0 } };
  return { ...call, ...asked, modelName: 'm', stream: false } as unknown as Call;
}

/** The turn as clients keep it that know nothing of thoughts. */
function withoutThoughts(turn: JsonValue): JsonValue[] {
  if (!isObject(turn)) return [turn];
  if (turn.type === 'reasoning') return [];
  const { reasoning_content: _, reasoning_details: __, ...rest } = turn;
  if (Array.isArray(rest.tool_calls))
    rest.tool_calls = rest.tool_calls.map((call) => {
      const { extra_content: _extra, ...bare } = asObject(call);
      return bare;
    });
  if (Array.isArray(rest.content))
    rest.content = rest.content.filter((block) => asObject(block).type === 'tool_use');
  if (Array.isArray(rest.parts))
    rest.parts = rest.parts.map((part) => {
      const { thoughtSignature: _signature, ...bare } = asObject(part);
      return bare;
    });
  return [rest];
}

export const LAW_9: Law[] = [
  {
    name: 'law 9, sealed: no reasoning state reaches a provider other than its issuer',
    property: () => sealed(),
    mutants: [
      {
        name: 'an envelope that tells the format of its state and not who made it',
        complaint: /’s leaf\d+x reached /,
        property: () =>
          sealed({ provider: (provider) => ({ ...provider, id: 'one-for-all', credentials: ['one'] }) }),
      },
      {
        name: 'a history that passes through as it came',
        complaint: /(an envelope|’s leaf\d+x) reached /,
        property: () =>
          sealed({
            codec: (codec) => {
              const { showSeals: _, ...rest } = codec;
              return rest;
            },
          }),
      },
      {
        name: 'seals that pass and are not noted',
        complaint: /’s leaf\d+x reached /,
        property: () => sealed({ forgetful: true }),
      },
    ],
  },
];
