// The sandbox answers every format as a provider would: the same streamed and whole, counted, capped, broken on demand.

import { beforeAll, describe, expect, test } from 'bun:test';
import Schema from 'typebox/schema';
import { estimateInputTokens } from '../../src/billing/estimate.ts';
import { countTokens, loadTokenizer } from '../../src/billing/tokens.ts';
import type { Part } from '../../src/canonical/part.ts';
import type { Codec, Target } from '../../src/formats/codec.ts';
import { asObject, type JsonObject } from '../../src/lib/json.ts';
import { SANDBOX } from '../../src/providers/sandbox.ts';
import { sandboxModels } from '../../src/sandbox/index.ts';
import {
  ask,
  CODECS,
  fastSandbox,
  pathOf,
  readPlain,
  readStream,
  send,
  textOf,
  type Waits,
} from '../support/sandbox.ts';

beforeAll(loadTokenizer);

const sandbox = fastSandbox();
const PROMPT = 'Grüße aus der Küche: 3 Äpfel, 2 Birnen;\n\nund ein bisschen "Zimt" 🍎.';
const CITY = {
  type: 'object',
  properties: { city: { type: 'string', minLength: 1 }, days: { type: 'integer', minimum: 2 } },
  required: ['city', 'days'],
  additionalProperties: false,
};
const TOOLS = [
  { name: 'get_weather', schema: CITY },
  { name: 'get_time', schema: { type: 'object', properties: {} } },
];

const TARGET: Target = {
  model: 'tools',
  maxOutputTokens: undefined,
  developerRole: true,
  maxTokensField: 'max_completion_tokens',
  midSystem: true,
  thinking: 'none',
  efforts: [],
  structuredOutput: true,
  sampling: true,
  reasoningContent: false,
};

/** Parts without what only one of the two ways carries: positions and item ids. */
function bare(parts: Part[]): unknown[] {
  return parts.map((part) => ({
    ...part,
    at: undefined,
    itemId: undefined,
    logprobs: undefined,
  }));
}

function calls(parts: Part[]) {
  return parts.filter((part) => part.kind === 'tool-call');
}

const COMPLETE = [
  'echo',
  'tools',
  'reason',
  'cached',
  'refuse',
  'empty',
  'slow',
  'silent',
  'drip-50',
  'long-40',
  'bytes-900',
];

/** What an error consists of in each format. */
const ERROR_MEMBERS: Record<Codec['id'], string[]> = {
  'openai-chat': ['message', 'type', 'param', 'code'],
  'openai-responses': ['message', 'type', 'param', 'code'],
  'anthropic-messages': ['type', 'message'],
  'google-generate-content': ['code', 'message', 'status'],
};

const answerId = (body: JsonObject) => body.id ?? body.responseId;

describe.each(CODECS)('in $id', (codec) => {
  test.each(COMPLETE)('%s says the same streamed and whole', async (model) => {
    const tools = model === 'tools' ? TOOLS : [];
    const plain = await readPlain(codec, await send(sandbox, codec, ask(codec.id, model, PROMPT, { tools })));
    const wish = { tools, stream: true };
    const streamed = await readStream(codec, await send(sandbox, codec, ask(codec.id, model, PROMPT, wish)));
    expect(streamed.fault).toBeUndefined();
    expect(streamed.finished).toBe(true);
    expect(bare(streamed.response.parts)).toEqual(bare(plain.parts));
    expect(streamed.response.finish).toEqual(plain.finish);
    expect({ ...streamed.response.usage, raw: null }).toEqual({ ...plain.usage, raw: null } as never);
    expect(streamed.response.model).toBe(model);
    expect(plain.model).toBe(model);
    expect(plain.id).toStartWith(codec.idPrefix);
  });

  test('echo repeats the user, and the usage counts the real text of both sides', async () => {
    const body = ask(codec.id, 'sandbox/echo', PROMPT);
    const answer = await readPlain(codec, await send(sandbox, codec, body));
    expect(textOf(answer)).toBe(PROMPT);
    expect(answer.finish.reason).toBe('end');
    expect(answer.usage?.input).toBe(estimateInputTokens(codec.decodeRequest(body).value));
    expect(answer.usage?.output).toBe(countTokens(PROMPT));
    const other = await readPlain(
      codec,
      await send(sandbox, codec, ask(codec.id, 'echo', `${PROMPT} More.`)),
    );
    expect(textOf(other)).not.toBe(textOf(answer));
    expect(other.usage?.input).toBeGreaterThan(answer.usage?.input ?? 0);
    expect(other.usage?.output).toBeGreaterThan(answer.usage?.output ?? 0);
  });

  test('echo leaves out what coding agents tell the model behind the back of the user', async () => {
    const reminder = '<system-reminder>Be brief.</system-reminder>';
    const context = '<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nnone\n<<<END_OPENCLAW_INTERNAL_CONTEXT>>>';
    const told = async (...texts: string[]) => {
      const body = ask(codec.id, 'echo', '');
      const request = codec.decodeRequest(body, { model: 'echo', stream: false }).value;
      request.messages = texts.map((text) => ({ role: 'user', parts: [{ kind: 'text', text }] }));
      const written = codec.encodeRequest(request, { ...TARGET, model: 'echo' }).value;
      return textOf(
        await readPlain(codec, await send(sandbox, codec, written, { path: pathOf(codec, body) })),
      );
    };
    expect(await told(`${reminder}\n\nSay hello.`)).toBe('Say hello.');
    const details = '<environment_details>\nTime: noon\n</environment_details>';
    expect(await told(`Say hello.\n\n${details}`)).toBe('Say hello.');
    expect(await told('Say hello.', context)).toBe('Say hello.');
    expect(await told(context)).toBe(context);
    expect(await told('An open <system-reminder> stays.')).toBe('An open <system-reminder> stays.');
  });

  test('the same request gets the same bytes, another one another id', async () => {
    const text = async (prompt: string) => (await send(sandbox, codec, ask(codec.id, 'echo', prompt))).text();
    expect(await text('one')).toBe(await text('one'));
    const id = async (prompt: string) => answerId(JSON.parse(await text(prompt)));
    expect(await id('one')).not.toBe(await id('two'));
  });

  test('the cap ends the answer at a token', async () => {
    const cap = 5;
    const body = ask(codec.id, 'echo', PROMPT, { maxTokens: cap, stream: true });
    const { response } = await readStream(codec, await send(sandbox, codec, body));
    expect(response.finish.reason).toBe('length');
    expect(response.usage?.output).toBe(cap);
    expect(PROMPT).toStartWith(textOf(response));
    expect(countTokens(textOf(response))).toBe(cap);
  });

  test('reasoning is apart from the text and counted as a part of the output', async () => {
    const answer = await readPlain(codec, await send(sandbox, codec, ask(codec.id, 'reason', PROMPT)));
    expect(answer.parts.map(({ kind }) => kind)).toEqual(['reasoning', 'text']);
    const { output = 0, outputReasoning = 0 } = answer.usage ?? {};
    expect(outputReasoning).toBeGreaterThan(5);
    expect(output - outputReasoning).toBe(countTokens(PROMPT));
  });

  test('a cached prompt is reported in classes that add up', async () => {
    const { usage } = await readPlain(codec, await send(sandbox, codec, ask(codec.id, 'cached', PROMPT)));
    const plain = await readPlain(codec, await send(sandbox, codec, ask(codec.id, 'echo', PROMPT)));
    expect(usage?.input).toBe(plain.usage?.input ?? 0);
    expect(usage?.cacheRead).toBeGreaterThan(0);
    expect(usage?.inputUncached).toBeLessThan(usage?.input ?? 0);
  });

  test('tools calls every tool at once with arguments that fit, then quotes what they said', async () => {
    const body = ask(codec.id, 'tools', 'go', { tools: TOOLS });
    const first = await readPlain(codec, await send(sandbox, codec, body));
    expect(first.finish.reason).toBe('tool');
    expect(calls(first.parts).map(({ name }) => name)).toEqual(['get_weather', 'get_time']);
    expect(new Set(calls(first.parts).map(({ id }) => id)).size).toBe(2);
    const input = JSON.parse(calls(first.parts)[0]?.input ?? '');
    expect(Schema.Compile(CITY).Check(input)).toBe(true);
    const address = { model: String(body.model), stream: false };
    const request = codec.decodeRequest(body, address).value;
    const results = calls(first.parts).map(({ id, name }) => ({
      kind: 'tool-result' as const,
      callId: id,
      form: 'json' as const,
      content: [{ kind: 'text' as const, text: `${name} says ${id}` }],
      isError: false,
    }));
    request.messages.push({ role: 'assistant', parts: first.parts }, { role: 'tool', parts: results });
    const next = codec.encodeRequest(request, TARGET).value;
    const second = await readPlain(codec, await send(sandbox, codec, next, { path: pathOf(codec, body) }));
    expect(calls(second.parts)).toEqual([]);
    expect(second.finish.reason).toBe('end');
    for (const { id, name } of calls(first.parts)) {
      expect(textOf(second)).toContain(`${name} returned: ${name} says ${id}`);
    }
  });

  test('echo calls a tool when asked by name or by tool choice, and never when forbidden', async () => {
    const answer = async (prompt: string, toolChoice?: 'required' | 'none') => {
      const wish = toolChoice ? { tools: TOOLS, toolChoice } : { tools: TOOLS };
      return readPlain(codec, await send(sandbox, codec, ask(codec.id, 'echo', prompt, wish)));
    };
    const asked = calls((await answer('please call get_time now')).parts);
    expect(asked.map(({ name, input }) => [name, input])).toEqual([['get_time', '{}']]);
    const given = calls((await answer('call get_weather {"city":"Oslo {}","days":9} now')).parts);
    expect(JSON.parse(given[0]?.input ?? '')).toEqual({ city: 'Oslo {}', days: 9 });
    expect(calls((await answer('hello', 'required')).parts)).toHaveLength(1);
    expect(calls((await answer('hello')).parts)).toEqual([]);
    expect(calls((await answer('call get_time', 'none')).parts)).toEqual([]);
  });

  test('a schema is filled with what was said', async () => {
    const body = ask(codec.id, 'echo', 'Oslo', { schema: CITY, stream: true });
    const { response } = await readStream(codec, await send(sandbox, codec, body));
    expect(JSON.parse(textOf(response))).toEqual({ city: 'Oslo', days: 2 });
  });

  test('a truncated stream has no terminal event, a truncated body is not JSON', async () => {
    const streamed = await readStream(
      codec,
      await send(sandbox, codec, ask(codec.id, 'truncate', PROMPT, { stream: true })),
    );
    expect(streamed.finished).toBe(false);
    expect(streamed.fault?.code).toBe('upstream_truncated');
    expect(PROMPT).toStartWith(textOf(streamed.response));
    expect(textOf(streamed.response)).not.toBe('');
    for (const end of ['[DONE]', 'message_stop', 'response.completed', '"finish_reason":"']) {
      expect(streamed.wire).not.toContain(end);
    }
    const reply = await send(sandbox, codec, ask(codec.id, 'truncate', PROMPT));
    expect(reply.status).toBe(200);
    const text = await reply.text();
    expect(() => JSON.parse(text)).toThrow();
  });

  test('an error in the middle is an error of the format, not an end', async () => {
    const wish = { stream: true };
    const broken = await readStream(
      codec,
      await send(sandbox, codec, ask(codec.id, 'error-midstream', PROMPT, wish)),
    );
    expect(broken.finished).toBe(false);
    expect(broken.fault).toBeDefined();
    expect(broken.fault?.code).not.toBe('upstream_truncated');
    const plain = await send(sandbox, codec, ask(codec.id, 'error-midstream', PROMPT));
    expect(plain.status).toBe(500);
    const garbled = await readStream(
      codec,
      await send(sandbox, codec, ask(codec.id, 'malformed', PROMPT, wish)),
    );
    expect(garbled.finished).toBe(false);
    expect(garbled.fault).toBeDefined();
  });

  test.each([400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 503, 504, 529])(
    'fail-%d fails with that status in the shape of the format',
    async (status) => {
      const reply = await send(sandbox, codec, ask(codec.id, `fail-${status}`, PROMPT, { stream: true }));
      expect(reply.status).toBe(status);
      expect(reply.headers.has('retry-after')).toBe(status === 429);
      const body = asObject(await reply.json());
      expect(body.type).toBe(codec.id === 'anthropic-messages' ? 'error' : (undefined as never));
      const expected = ERROR_MEMBERS[codec.id];
      expect(Object.keys(asObject(body.error))).toEqual(expected);
      expect(codec.decodeError(status, body, reply.headers).message).toBeString();
    },
  );

  test('fail-502 answers a page of HTML', async () => {
    const reply = await send(sandbox, codec, ask(codec.id, 'fail-502', PROMPT));
    expect(reply.status).toBe(502);
    expect(reply.headers.get('content-type')).toBe('text/html');
    expect(await reply.text()).toStartWith('<html>');
  });

  test.each(['sandbox/nothing', 'fail-99', 'drip-', 'long-x', ''])(
    'the model %p is unknown: 404',
    async (model) => {
      const reply = await send(sandbox, codec, ask(codec.id, model, PROMPT));
      expect(reply.status).toBe(404);
      const { error } = asObject(await reply.json());
      const { type, status } = asObject(error);
      expect(codec.id === 'google-generate-content' ? 'NOT_FOUND' : type).toBe(codec.errorType('not_found'));
      expect(type ?? status).toBeString();
    },
  );

  test('an unknown operation is 404 and a body that is not JSON is 400', async () => {
    const unknown = await send(sandbox, codec, ask(codec.id, 'echo', PROMPT), { path: '/batches' });
    expect(unknown.status).toBe(404);
    const reply = await sandbox({
      format: codec.id,
      path: codec.path({ model: 'echo', stream: false }),
      body: new TextEncoder().encode('{"model":'),
      headers: new Headers(),
      signal: new AbortController().signal,
    });
    expect(reply.status).toBe(400);
    expect(asObject(await reply.json()).error).toBeDefined();
  });

  test('hang answers nothing until it is aborted', async () => {
    const stop = new AbortController();
    const reply = send(sandbox, codec, ask(codec.id, 'hang', PROMPT), { signal: stop.signal });
    const other = send(sandbox, codec, ask(codec.id, 'echo', PROMPT)).then(() => 'another answer');
    expect(await Promise.race([reply, other])).toBe('another answer');
    stop.abort(new Error('client left'));
    await expect(reply).rejects.toThrow('client left');
  });

  test('replies look like a provider’s', async () => {
    const plain = await send(sandbox, codec, ask(codec.id, 'echo', PROMPT));
    const streamed = await send(sandbox, codec, ask(codec.id, 'echo', PROMPT, { stream: true }));
    expect(plain.headers.get('content-type')).toBe('application/json');
    expect(streamed.headers.get('content-type')).toStartWith('text/event-stream');
    for (const reply of [plain, streamed])
      expect(reply.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{24}$/);
    await streamed.body?.cancel();
  });
});

describe('by format', () => {
  const [chat, responses, messages, google] = CODECS;

  test.each([chat, messages])('stop sequences end the text before them', async (codec) => {
    if (!codec) throw new Error('no codec');
    const body = ask(codec.id, 'echo', PROMPT, { stop: ['Birnen', ' 3 Ä'], stream: true });
    const { response } = await readStream(codec, await send(sandbox, codec, body));
    expect(textOf(response)).toBe('Grüße aus der Küche:');
    // Chat has one word for both ends
    expect(response.finish.reason).toBe(codec === messages ? 'stop-sequence' : 'end');
    if (codec === messages) expect(response.finish.stopSequence).toBe(' 3 Ä');
  });

  test('the count endpoints answer what the usage of the answer says', async () => {
    for (const [codec, path] of [
      [messages, '/messages/count_tokens'],
      [responses, '/responses/input_tokens'],
      [google, '/models/echo:countTokens'],
    ] as const) {
      if (!codec) throw new Error('no codec');
      const { max_tokens: _, ...body } = ask(codec.id, 'echo', PROMPT, { tools: TOOLS });
      const count = asObject(await (await send(sandbox, codec, body, { path })).json());
      const answer = await readPlain(
        codec,
        await send(sandbox, codec, ask(codec.id, 'echo', PROMPT, { tools: TOOLS })),
      );
      expect(count.input_tokens ?? count.totalTokens).toBe(answer.usage?.input ?? 0);
    }
  });

  test('slow, silent and drip wait as long as they say', async () => {
    if (!chat) throw new Error('no codec');
    const waited = async (model: string) => {
      const waits: Waits = [];
      const reply = await send(fastSandbox(waits), chat, ask(chat.id, model, 'a b c', { stream: true }));
      await reply.text();
      return waits;
    };
    expect(await waited('slow')).toEqual([2_000, 200, 200, 200]);
    expect((await waited('silent'))[0]).toBeGreaterThanOrEqual(30_000);
    expect(await waited('slow-750')).toEqual([750]);
    expect(await waited('drip-40')).toEqual([40, 40, 40]);
    expect(await waited('echo')).toEqual([]);
  });
});

describe('the catalogue', () => {
  test('lists only models that exist, free and at the sandbox', async () => {
    const [chat] = CODECS;
    if (!chat) throw new Error('no codec');
    for (const { id, price, deployments } of sandboxModels) {
      expect(price).toMatchObject({ input: 0, output: 0, source: 'built in' });
      expect(deployments).toEqual([{ provider: SANDBOX.id, model: id.slice('sandbox/'.length), weight: 1 }]);
      if (id === 'sandbox/hang' || id === 'sandbox/embed') continue;
      const reply = await send(sandbox, chat, ask(chat.id, deployments[0]?.model ?? '', 'hi'));
      expect(await reply.text()).not.toContain('no model of this name');
    }
    expect(new Set(sandboxModels.map(({ id }) => id)).size).toBe(sandboxModels.length);
    expect(SANDBOX.formats).toEqual(CODECS.map(({ id }) => id));
  });
});
