// Two requests share an answer only where nothing in which they differ could change it.

import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import fc from 'fast-check';
import { Fault } from '../../src/canonical/fault.ts';
import type { FormatId } from '../../src/canonical/part.ts';
import type { Codec } from '../../src/formats/codec.ts';
import { CODECS } from '../../src/formats/index.ts';
import { openaiChat } from '../../src/formats/openai-chat/index.ts';
import { openaiResponses } from '../../src/formats/openai-responses/index.ts';
import { cacheName } from '../../src/gateway/cache/name.ts';
import type { Call } from '../../src/gateway/call.ts';
import { decode } from '../../src/gateway/decoded.ts';
import { isObject, type JsonObject, type JsonValue } from '../../src/lib/json.ts';
import { drawn } from '../laws/choices.ts';
import { SUITE_SEED } from '../laws/law.ts';
import { type Leaf, leavesOf } from '../laws/leaves.ts';
import { requestOf } from '../laws/requests.ts';

setDefaultTimeout(120_000);

const SEAL_KEY = new Uint8Array(32);
const RUNS = Number(Bun.env.LAWS_RUNS ?? 150);

/** What changes no answer, and why. What a person wrote always does, unless marked `words`. */
const TELLS_NOTHING: { format?: FormatId; trait: RegExp; reason: string; words?: true }[] = [
  {
    format: 'openai-responses',
    trait: /^max_tool_calls$/,
    reason: 'of tools that run at the provider; a request with any has no name',
  },
  { format: 'openai-chat', trait: /^web_search$/, reason: 'a request that searches has no name' },
  { format: 'openai-responses', trait: /^tool_choice\.mode$/, reason: 'the default of allowed tools' },
  {
    trait: /^(user|safety_identifier|metadata|client_metadata|labels|diagnostics)(\.|\[|$)|^metadata\./,
    reason: 'who asks',
    words: true,
  },
  {
    trait: /^(model|stream|stream_options)(\.|$)/,
    reason: 'taken from elsewhere, or how the answer travels',
    words: true,
  },
  {
    trait: /(^|\.)(cache_control|prompt_cache_\w+)(\.|$)/,
    reason: 'what the provider is to remember of the prompt',
    words: true,
  },
  { trait: /^(store|background)$/, reason: 'what is stored has no name at all' },
  { format: 'anthropic-messages', trait: /\.source\.media_type$/, reason: 'of a text, which has only one' },
  {
    format: 'google-generate-content',
    trait: /\.fileData\.mimeType$/,
    reason: 'what the address holds says it',
  },
  {
    format: 'google-generate-content',
    trait: /\.functionResponse\.name$/,
    reason: 'it repeats the name of the call, which the id names',
    words: true,
  },
  { format: 'google-generate-content', trait: /\.role$/, reason: 'of results, and of instructions' },
  {
    format: 'google-generate-content',
    trait: /\.responseMimeType$/,
    reason: 'beside a schema, which is JSON anyway',
  },
  {
    format: 'openai-chat',
    trait: /^messages\[\]\.name$/,
    reason: 'of results: it repeats the name of the call',
    words: true,
  },
  { format: 'openai-chat', trait: /^messages\[\]\.content$/, reason: 'empty, beside calls' },
  {
    format: 'openai-chat',
    trait: /^messages\[\]\.tool_calls\[\]\.(index|type)$/,
    reason: 'its other members say which kind it is',
  },
  {
    format: 'openai-chat',
    trait: /^messages\[\]\.tool_calls\[\]\.function\.arguments$/,
    reason: 'none, and an empty object',
  },
  { format: 'openai-chat', trait: /^plugins\[\](\.id)?$/, reason: 'the gateway mends what it gives' },
  {
    trait:
      /^(tool_choice|tools\[\]\.custom|tools\[\]|tools\[\]\.tools\[\])\.(allowed_tools|format)\.(mode|type|tools\[\]\.type)$/,
    reason: 'the default, or what the other members say',
  },
  {
    format: 'openai-responses',
    trait: /^input\[\]\.(id|status)$/,
    reason: 'links nothing; what is sent is done',
    words: true,
  },
  { format: 'openai-responses', trait: /^input\[\]\.arguments$/, reason: 'none, and an empty object' },
  {
    format: 'openai-responses',
    trait: /^input\[\](\.(content|summary)\[\]|\.action)?\.type$/,
    reason: 'its role and place say what it is',
  },
  {
    format: 'openai-responses',
    trait: /^truncation$/,
    reason: 'the default; the other one is lost and named',
  },
];

describe.each(CODECS.map((codec) => [codec.id, codec] as const))('%s', (_, codec) => {
  test('a request that differs in one leaf has another name, unless the leaf changes no answer', () => {
    const values = valuesByTrait(codec);
    const seen = { changed: 0, same: 0 };
    const breaches = new Set<string>();
    const bodies = drawn((c) => ({ body: requestOf(codec, c), pick: c.count(7) }));
    const property = fc.property(bodies, ({ body, pick }) => {
      const name = nameOf(codec, body);
      if (name === undefined) return;
      for (const leaf of leavesOf(body)) {
        const other = changed(body, leaf, values.get(leaf.trait)?.[pick]);
        const otherName = nameOf(codec, other);
        if (otherName === undefined) continue;
        if (otherName !== name) seen.changed++;
        else if (isTold(codec.id, leaf) || JSON.stringify(other) === JSON.stringify(body)) seen.same++;
        else breaches.add(`${leaf.trait} = ${String(leaf.value)}`);
      }
    });
    fc.assert(property, { numRuns: RUNS, seed: SUITE_SEED });
    expect([...breaches]).toEqual([]);
    expect(seen.changed).toBeGreaterThan(RUNS * 5);
  });

  test('a request that only differs in what changes no answer has the same name', () => {
    const body = requestOfPlain(codec.id);
    const labels: JsonObject = {
      ...{ stream: true, user: 'u', metadata: { user_id: 'v' }, safety_identifier: 's' },
      ...{ prompt_cache_key: 'k', client_metadata: { a: 'b' } },
    };
    expect(nameOf(codec, { ...body, ...labels })).toBe(nameOf(codec, body) ?? '');
  });

  test('another model, scope, tag or telling header is another name', () => {
    const body = requestOfPlain(codec.id);
    const names = [
      nameOf(codec, body),
      nameOf(codec, body, { model: 'other' }),
      nameOf(codec, body, { pinned: 'p' }),
      nameOf(codec, body, { scope: 'key 2' }),
      nameOf(codec, body, { tags: ['eu'] }),
      nameOf(codec, body, { headers: { 'anthropic-beta': 'context-1m' } }),
    ];
    expect(new Set(names).size).toBe(names.length);
    expect(nameOf(codec, body, { tags: ['b', 'a'] })).toBe(nameOf(codec, body, { tags: ['a', 'b'] }) ?? '');
    expect(nameOf(codec, body, { headers: { 'anthropic-version': '2023-06-01', 'x-other': '1' } })).toBe(
      names[0] ?? '',
    );
  });
});

test('who wants reasoning sealed is not given an answer without, and the other way round', () => {
  const body = requestOfPlain('openai-responses');
  const sealed = { ...body, include: ['reasoning.encrypted_content'] };
  expect(nameOf(openaiResponses, sealed)).not.toBe(nameOf(openaiResponses, body) ?? '');
});

test('of several ways to switch thinking none is overlooked', () => {
  const body = requestOfPlain('openai-chat');
  const names = [true, false].flatMap((enable_thinking) =>
    ['low', 'high'].map((reasoning_effort) =>
      nameOf(openaiChat, { ...body, enable_thinking, reasoning_effort }),
    ),
  );
  expect(new Set(names).size).toBe(4);
});

test('the same question has one name in every format', () => {
  const names = CODECS.map((codec) => nameOf(codec, requestOfPlain(codec.id)));
  expect(new Set(names).size).toBe(1);
});

type Circumstances = {
  model?: string;
  pinned?: string;
  scope?: string;
  tags?: string[];
  headers?: Record<string, string>;
};

/** Undefined for a request that no codec can read. */
function nameOf(codec: Codec, body: JsonObject, about: Circumstances = {}): string | undefined {
  const { model = 'm', pinned, scope = 'key 1', tags, headers = {} } = about;
  const call = {
    codec,
    body,
    modelName: model,
    stream: false,
    headers: new Headers(headers),
    model: { id: model },
    resolution: { pinned },
    key: { id: 'key_1', requireTags: tags },
  } as unknown as Call;
  try {
    return cacheName(call, decode(call, SEAL_KEY), scope);
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.status === 400) return undefined;
    throw thrown;
  }
}

function requestOfPlain(format: FormatId): JsonObject {
  const [system, text] = ['Be terse.', 'Hello'];
  switch (format) {
    case 'openai-chat':
      return {
        model: 'm',
        messages: [
          { role: 'system', content: system },
          { role: 'user', content: text },
        ],
        max_tokens: 9,
      };
    case 'openai-responses':
      return { model: 'm', instructions: system, input: text, max_output_tokens: 9, store: false };
    case 'anthropic-messages':
      return { model: 'm', system, messages: [{ role: 'user', content: text }], max_tokens: 9 };
    case 'google-generate-content':
      return {
        systemInstruction: { parts: [{ text: system }] },
        contents: [{ role: 'user', parts: [{ text }] }],
        generationConfig: { maxOutputTokens: 9 },
      };
    default:
      return format satisfies never;
  }
}

function isTold(format: FormatId, { trait, words }: Leaf): boolean {
  return TELLS_NOTHING.some(
    (one) =>
      (one.format ?? format) === format &&
      one.trait.test(trait) &&
      (one.words === true || words.length === 0),
  );
}

/** Up to seven values of each kind of leaf, as requests have them. */
function valuesByTrait(codec: Codec): Map<string, JsonValue[]> {
  const found = new Map<string, JsonValue[]>();
  const bodies = fc.sample(
    drawn((c) => requestOf(codec, c)),
    { numRuns: 500, seed: SUITE_SEED },
  );
  for (const { trait, value, isName } of bodies.flatMap((body) => leavesOf(body))) {
    const values = found.get(trait) ?? [];
    if (!isName && values.length < 7 && !values.includes(value)) found.set(trait, [...values, value]);
  }
  return found;
}

/** The body with one leaf that is another one of its kind: the one given, if it is another one. */
function changed(body: JsonObject, leaf: Leaf, given: JsonValue | undefined): JsonObject {
  const steps = leaf.path.match(/[^.[\]]+/g) ?? [];
  const change = (value: JsonValue | undefined, at: number): JsonValue => {
    if (at === steps.length)
      return leaf.isName ? (value ?? null) : given === undefined || given === value ? another(value) : given;
    const step = steps[at] ?? '';
    if (Array.isArray(value))
      return value.map((item, i) => (String(i) === step ? change(item, at + 1) : item));
    if (!isObject(value)) return value ?? null;
    const entries = Object.entries(value).map(([name, member]): [string, JsonValue] => {
      if (name !== step) return [name, member ?? null];
      if (leaf.isName && at === steps.length - 1) return [`${name}x`, member ?? null];
      return [name, change(member, at + 1)];
    });
    return Object.fromEntries(entries);
  };
  return change(body, 0) as JsonObject;
}

function another(value: JsonValue | undefined): JsonValue {
  switch (typeof value) {
    case 'string':
      return `${value}x`;
    case 'number':
      return value + 1;
    case 'boolean':
      return !value;
    default:
      return 'x';
  }
}
