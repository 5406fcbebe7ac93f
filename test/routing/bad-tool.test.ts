// Gemini called a tool in a way it cannot read itself: it is asked once more, for nothing, and then the client is told.

import { afterEach, describe, expect, test } from 'bun:test';
import { type Act, at, fails, inTurn, openStreet, type Street } from '../support/houses.ts';

let street: Street;
afterEach(() => street.stop());

const USAGE = { promptTokenCount: 1000, candidatesTokenCount: 1000, totalTokenCount: 2000 };

async function open(routing: object = {}) {
  street = await openStreet(
    { house: 1 },
    { models: { flash: { ...at('flash', 'house'), price: { input: 1, output: 1 } } }, routing },
    { house: { format: 'google-generate-content', auth: 'x-goog-api-key' } },
  );
  const house = street.houses.house ?? expect.unreachable();
  const made = street.here.makeKey({}, { creditNano: 1_000_000_000n });
  const left = () => Number(street.here.store.ledger.purse(made.stored.purse)?.balanceNano) / 1e9;
  return { house, left, key: made.key };
}

/** Chunks of a stream, or a whole answer of the first one. */
const says = (stream: boolean, ...chunks: { text?: string; finishReason?: string }[]): Act => {
  const bodies = chunks.map(({ text, finishReason }) => ({
    candidates: [
      {
        ...(text === undefined ? {} : { content: { role: 'model', parts: [{ text }] } }),
        ...(finishReason === undefined ? {} : { finishReason }),
      },
    ],
    usageMetadata: USAGE,
    responseId: 'r1',
  }));
  if (!stream) return () => Response.json(bodies[0]);
  return () => {
    let next = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const chunk = bodies[next++];
          if (chunk === undefined) return controller.close();
          controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(chunk)}\r\n\r\n`));
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
};
const BAD = { finishReason: 'MALFORMED_FUNCTION_CALL' };
const GOOD = { text: 'It is noon.', finishReason: 'STOP' };

describe.each([false, true])('an answer that is a malformed call (stream: %p)', (stream) => {
  test('is asked for once more, and only the answer that came is paid', async () => {
    const { house, left, key } = await open();
    house.act = inTurn(says(stream, BAD), says(stream, GOOD));
    const told = await street.call('flash', { stream }, { key });
    expect(told).toMatchObject({ status: 200, attempts: 2 });
    expect(told.text).toContain('It is noon.');
    expect(told.headers.get('x-osiris-losses') ?? '').not.toContain('tools');
    expect(house.asked).toHaveLength(2);
    expect(left()).toBe(1 - 0.002);
  });

  test('is told the client when it comes twice, and is a failure of nobody', async () => {
    const { house, key } = await open();
    house.act = says(stream, BAD);
    for (let call = 1; call <= 4; call++) {
      const told = await street.call('flash', { stream }, { key });
      expect(told).toMatchObject({ status: 200, attempts: 2 });
      expect(told.text).toContain('"finish_reason":"stop"');
      expect(told.headers.get('x-osiris-losses')).toContain('changed=tools');
      expect(house.asked).toHaveLength(2 * call);
    }
  });

  test('stands where the configuration wants no second attempt', async () => {
    const { house, key } = await open({ retries: 0 });
    house.act = says(stream, BAD);
    expect(await street.call('flash', { stream }, { key })).toMatchObject({ status: 200, attempts: 1 });
    expect(house.asked).toHaveLength(1);
  });

  test('leaves the other retries as they are when the second attempt fails', async () => {
    const { house, key } = await open();
    house.act = inTurn(says(stream, BAD), fails(500), says(stream, GOOD));
    expect(await street.call('flash', { stream }, { key })).toMatchObject({ status: 200, attempts: 3 });
  });
});

test('what has been said is not taken back', async () => {
  const { house, key } = await open();
  house.act = says(true, { text: 'I will look.' }, BAD);
  const told = await street.call('flash', { stream: true }, { key });
  expect(told).toMatchObject({ status: 200, attempts: 1 });
  expect(told.text).toContain('I will look.');
  expect(house.asked).toHaveLength(1);
});

test('a client of Gemini’s own format reads its own word, once', async () => {
  const { house, key } = await open();
  house.act = says(false, BAD);
  const response = await fetch(`${street.here.url}/v1beta/models/flash:generateContent`, {
    method: 'POST',
    headers: { 'x-goog-api-key': key },
    body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] }),
  });
  expect(await response.text()).toContain('MALFORMED_FUNCTION_CALL');
  expect(house.asked).toHaveLength(1);
});
