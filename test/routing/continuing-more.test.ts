// Answers that Gemini stops in the middle, and several answers at once: each goes on by itself.

import { afterEach, describe, expect, test } from 'bun:test';
import { judge } from '../laws/grammar.ts';
import { type Act, inTurn, type Street } from '../support/houses.ts';
import { google, messages, openStopping, PAUSED, type Stopping, text } from '../support/stopping.ts';

let street: Street;
afterEach(() => street.stop());

async function open(...opening: Parameters<typeof openStopping>): Promise<Stopping> {
  const stage = await openStopping(...opening);
  street = stage.street;
  return stage;
}

describe.each([false, true])('several answers at once (stream: %p)', (stream) => {
  const finishes = (answer: string) => answer.match(/"finish_reason":"\w+"/g)?.toSorted();

  test('each go on by themselves', async () => {
    const { ask, house, spentNano } = await open('anthropic-messages');
    house.act = inTurn(
      messages([text('One')], 'end_turn'),
      messages(PAUSED, 'pause_turn'),
      messages([text('two')], 'end_turn'),
    );
    const { text: answer } = await ask('openai-chat', stream, { n: 2 });
    expect(house.asked).toHaveLength(3);
    expect(finishes(answer)).toEqual(['"finish_reason":"stop"', '"finish_reason":"stop"']);
    expect(spentNano()).toBe(3_300_000n);
  });

  test('one that calls a tool illegibly is asked for once more, alone', async () => {
    const { ask, house, spentNano } = await open('google-generate-content');
    const bad: Act = (asked) => google(stream, '', 'MALFORMED_FUNCTION_CALL')(asked);
    house.act = inTurn(google(stream, 'One', 'STOP'), bad, google(stream, 'two', 'STOP'));
    const { text: answer } = await ask('openai-chat', stream, { n: 2, web_search_options: undefined });
    expect(house.asked).toHaveLength(3);
    expect(answer).toContain('One');
    expect(answer).toContain('two');
    expect(finishes(answer)).toEqual(['"finish_reason":"stop"', '"finish_reason":"stop"']);
    expect(spentNano()).toBe(2_200_000n);
  });
});

describe.each([false, true])('an answer that Google stops in the middle (stream: %p)', (stream) => {
  test.each(['openai-chat', 'openai-responses', 'anthropic-messages'] as const)(
    'goes on in the middle of a word for %s',
    async (client) => {
      const { house, key, spentNano } = await open('google-generate-content');
      house.act = inTurn(
        google(stream, 'Noon is at tw', 'CONTINUATION', 't1'),
        google(stream, 'el', 'CONTINUATION', 't2'),
        google(stream, 've.', 'STOP', undefined, 50),
      );
      const body =
        client === 'openai-responses'
          ? { model: 'm', stream, input: 'When?' }
          : { model: 'm', stream, max_tokens: 4000, messages: [{ role: 'user', content: 'When?' }] };
      const path = {
        'openai-chat': 'chat/completions',
        'openai-responses': 'responses',
        'anthropic-messages': 'messages',
      };
      const response = await fetch(`${street.here.url}/v1/${path[client]}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
        body: JSON.stringify(body),
      });
      const answer = await response.text();
      if (stream) expect(judge(client, answer)).toBe('finished');
      else expect(answer).toContain('"Noon is at twelve."');
      if (client === 'anthropic-messages' && stream)
        expect(answer.match(/"type":"content_block_start"/g)).toHaveLength(1);
      expect(house.asked.map((one) => one.body.continuationToken)).toEqual([undefined, 't1', 't2']);
      expect(house.asked[1]?.body).toEqual({ ...house.asked[0]?.body, continuationToken: 't1' });
      expect(spentNano()).toBe(3_250_000n);
    },
  );

  test('ends with length after eight more requests, or when Google has nothing new to show', async () => {
    const { ask, house } = await open('google-generate-content');
    let hop = 0;
    house.act = (asked) => google(stream, 'on ', 'CONTINUATION', `t${hop++}`)(asked);
    const long = await ask('openai-chat', stream, { web_search_options: undefined });
    expect(house.asked).toHaveLength(9);
    expect(long.text).toContain('"finish_reason":"length"');
    house.act = google(stream, 'on ', 'CONTINUATION', 'same');
    const stuck = await ask('openai-chat', stream, { web_search_options: undefined });
    expect(house.asked).toHaveLength(11);
    expect(stuck.text).toContain('"finish_reason":"length"');
  });
});
