// Chat over Chat: bytes pass as they came, save for endings that would stop an agent or lose its usage.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { judge } from '../laws/grammar.ts';
import { type Conformance, openConformance } from '../support/conformance.ts';
import { args, calls, chunk, DONE, delta, finish, opening, ROLE, USAGE } from '../support/raw-chat.ts';
import { readWithSdk } from '../support/sdk-reading.ts';

let stage: Conformance;
beforeAll(async () => {
  stage = await openConformance();
});
afterAll(() => stage.stop());

const NAMED = (frames: string[]): string => frames.join('').replaceAll('"vendor"', '"openai-chat-model"');

async function wireOf(frames: string[]): Promise<string> {
  stage.streamWith(...frames);
  const response = await stage.ask('openai-chat', 'openai-chat');
  expect(response.status).toBe(200);
  return response.text();
}

describe('T38 a finish', () => {
  test('in a chunk that also has content keeps the content', async () => {
    const frames = [ROLE, delta({ content: 'All ' }), delta({ content: 'of it' }, 'stop'), USAGE, DONE];
    const wire = await wireOf(frames);
    expect(wire).toBe(NAMED(frames));
    expect(await readWithSdk('openai-chat', wire)).toMatchObject({
      text: 'All of it',
      finish: 'stop',
      output: 5,
    });
  });

  test('said twice is said once', async () => {
    const wire = await wireOf([ROLE, delta({ content: 'Hi' }), finish('stop'), finish('stop'), USAGE, DONE]);
    expect(wire).toBe(NAMED([ROLE, delta({ content: 'Hi' }), finish('stop'), USAGE, DONE]));
    expect(judge('openai-chat', wire)).toBe('finished');
  });

  test('said again with more to say loses only its reason', async () => {
    const late = delta({ content: '!' }, 'stop');
    const wire = await wireOf([ROLE, delta({ content: 'Hi' }), finish('stop'), late, USAGE, DONE]);
    expect(wire).toBe(
      NAMED([ROLE, delta({ content: 'Hi' }), finish('stop'), delta({ content: '!' }), USAGE, DONE]),
    );
  });

  test.each([
    ['with', [DONE]],
    ['without', []],
  ])('that comes after the usage comes before it, %s [DONE]', async (_, done) => {
    const wire = await wireOf([ROLE, delta({ content: 'Hi' }), USAGE, finish('stop'), ...done]);
    expect(wire).toBe(NAMED([ROLE, delta({ content: 'Hi' }), finish('stop'), USAGE, ...done]));
  });

  test('of several choices is nobody’s business but theirs', async () => {
    const both = (reason: string | null) =>
      [0, 1].map((index) =>
        chunk({ choices: [{ index, delta: reason ? {} : { content: 'x' }, finish_reason: reason }] }),
      );
    const frames = [ROLE, ...both(null), ...both('stop'), USAGE, DONE];
    expect(await wireOf(frames)).toBe(NAMED(frames));
  });
});

describe('what OpenAI’s own library insists on', () => {
  const hi = delta({ content: 'Hi' });

  test('the role stands in the first chunk', async () => {
    const wire = await wireOf([hi, delta({ content: '!' }), finish('stop'), USAGE, DONE]);
    const spoken = delta({ role: 'assistant', content: 'Hi' });
    expect(wire).toBe(NAMED([spoken, delta({ content: '!' }), finish('stop'), USAGE, DONE]));
    expect(await readWithSdk('openai-chat', wire)).toMatchObject({ text: 'Hi!', finish: 'stop' });
  });

  test('a first chunk of one word that is also the last one gets it too', async () => {
    const wire = await wireOf([delta({ content: 'Hi' }, 'stop'), USAGE, DONE]);
    expect(await readWithSdk('openai-chat', wire)).toMatchObject({ text: 'Hi', finish: 'stop' });
    expect(wire).toBe(NAMED([delta({ role: 'assistant', content: 'Hi' }, 'stop'), USAGE, DONE]));
  });

  test.each([[[ROLE, hi, finish('stop')]], [[ROLE, hi]]])('a usage chunk has choices', async (before) => {
    const bare = USAGE.replace('"choices":[],', '');
    expect(bare).not.toContain('choices');
    const wire = await wireOf([...before, bare, DONE]);
    expect(await readWithSdk('openai-chat', wire)).toMatchObject({ text: 'Hi', finish: 'stop', output: 5 });
    expect(judge('openai-chat', wire)).toBe('finished');
  });

  test('a text that ends in [DONE] alone has a finish', async () => {
    const wire = await wireOf([ROLE, hi, DONE]);
    expect(await readWithSdk('openai-chat', wire)).toMatchObject({ text: 'Hi', finish: 'stop' });
    expect(judge('openai-chat', wire)).toBe('finished');
  });

  test('half a call that ends in [DONE] alone is not said to be whole', async () => {
    stage.streamWith(ROLE, calls(opening(0, 'call_a', 'get_weather', '{"ci')), DONE);
    const answer = await (await stage.ask('openai-chat', 'openai-chat')).text();
    expect(answer).not.toContain('"finish_reason":"');
  });
});

describe('T36 an answer that holds calls', () => {
  const call = [calls(opening(0, 'call_a', 'get_weather')), calls(args(0, '{"city":"Oslo"}'))];

  test.each(['"finish_reason":"stop"', '"finish_reason": "stop"'])(
    'and says %s ends in tool_calls',
    async (said) => {
      const last = finish('stop').replace('"finish_reason":"stop"', said);
      const wire = await wireOf([ROLE, ...call, last, USAGE, DONE]);
      const mended = last.replace('"stop"', '"tool_calls"');
      expect(wire).toBe(NAMED([ROLE, ...call, mended, USAGE, DONE]));
      expect(judge('openai-chat', wire)).toBe('finished');
    },
  );

  test.each(['length', 'content_filter', 'tool_calls'])('and says %s keeps its word', async (reason) => {
    const frames = [ROLE, ...call, finish(reason), USAGE, DONE];
    expect(await wireOf(frames)).toBe(NAMED(frames));
  });

  test('in its text only is no such answer', async () => {
    const frames = [ROLE, delta({ content: '"tool_calls":[{"id":"x"}]' }), finish('stop'), USAGE, DONE];
    expect(await wireOf(frames)).toBe(NAMED(frames));
  });

  test('ends in tool_calls when it is not streamed', async () => {
    const answer = (reason: string, model: string) => ({
      ...{ id: 'chatcmpl-raw', object: 'chat.completion', created: 1, model },
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: null, tool_calls: [opening(0, 'call_a', 'get_time', '{}')] },
          finish_reason: reason,
        },
      ],
      usage: { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 },
    });
    const body = JSON.stringify(answer('stop', 'vendor'));
    const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    stage.answerWith({ pieces: [head + body], after: 'keep' });
    const response = await stage.ask('openai-chat', 'openai-chat', { stream: false });
    expect(await response.json()).toEqual(answer('tool_calls', 'openai-chat-model'));
  });
});
