// Which deployment of a model is asked first, by strategy.

import { afterEach, describe, expect, test } from 'bun:test';
import { inOrder, type Standing } from '../../src/routing/order.ts';
import { openStreet, type Street, says } from '../support/houses.ts';

const standing = (members: Partial<Standing>): Standing => ({
  weight: 1,
  cost: 1,
  firstTokenMs: undefined,
  open: 0,
  speaksOwn: false,
  draw: 0.5,
  ...members,
});

describe('the order', () => {
  test('of equals is that of the list, those that speak the format of the client first', () => {
    const [a, b, c] = [standing({}), standing({ speaksOwn: true }), standing({ speaksOwn: true })];
    for (const strategy of ['cheapest', 'fastest', 'least_busy', 'weighted'] as const)
      expect(inOrder(strategy, [a, b, c])).toEqual([b, c, a]);
    expect(inOrder('priority', [a, b, c])).toEqual([a, b, c]);
  });

  test('by weight is a draw in which a weight of 0 comes last', () => {
    const first = { three: 0, one: 0, none: 0 };
    for (let i = 0; i < 4000; i++) {
      const named = [
        { ...standing({ weight: 0, draw: Math.random() }), name: 'none' as const },
        { ...standing({ weight: 1, draw: Math.random() }), name: 'one' as const },
        { ...standing({ weight: 3, draw: Math.random() }), name: 'three' as const },
      ];
      const order = inOrder('weighted', named);
      if (order[0]) first[order[0].name] += 1;
      expect(order[2]?.name).toBe('none');
    }
    // 3,000 wanted; six standard deviations are 165
    expect(Math.abs(first.three - 3000)).toBeLessThan(165);
    expect(first.none).toBe(0);
  });
});

let street: Street;
afterEach(() => street?.stop());

const open = async (strategy: string, deployments: Record<string, object> = {}) => {
  street = await openStreet(
    { one: 1, two: 1, three: 1 },
    {
      models: {
        m: {
          price: { input: 0, output: 0 },
          deployments: ['one', 'two', 'three'].map((provider) => ({
            provider,
            model: 'm',
            ...deployments[provider],
          })),
        },
      },
      routing: { strategy },
    },
  );
  return street;
};
const house = (name: string) => street.houses[name] ?? expect.unreachable();

describe('a gateway that routes by', () => {
  test('cheapest asks where the provider charges least', async () => {
    const { call } = await open('cheapest', {
      one: { cost: { input: 3, output: 15 } },
      two: { cost: { input: 2, output: 10 } },
      three: { cost: { input: 2, output: 11 } },
    });
    expect((await call('m')).provider).toBe('two');
  });

  test('fastest asks where the first token came soonest, once all are measured', async () => {
    const { call } = await open('fastest');
    const after =
      (ms: number, name: string) =>
      async (...asked: Parameters<ReturnType<typeof says>>) => {
        await Bun.sleep(ms);
        return says(name)(...asked);
      };
    house('one').act = after(900, 'one');
    house('two').act = after(450, 'two');
    const measured = [];
    for (let i = 0; i < 3; i++) measured.push((await call('m', { stream: true })).provider);
    expect(measured).toEqual(['one', 'two', 'three']);
    for (let i = 0; i < 3; i++) expect((await call('m', { stream: true })).provider).toBe('three');
    // figures grow old: everybody is measured anew
    street.here.clock.advance(600_000);
    expect((await call('m', { stream: true })).provider).toBe('one');
  });

  test('least_busy asks where the fewest calls are under way', async () => {
    const { call } = await open('least_busy');
    const gate = Promise.withResolvers<void>();
    for (const name of ['one', 'two', 'three'])
      house(name).act = async (asked) => {
        await gate.promise;
        return says(name)(asked);
      };
    const busy = Array.from({ length: 9 }, () => call('m'));
    while (['one', 'two', 'three'].reduce((sum, name) => sum + house(name).asked.length, 0) < 9)
      await Bun.sleep(1);
    expect(['one', 'two', 'three'].map((name) => house(name).asked.length)).toEqual([3, 3, 3]);
    gate.resolve();
    await Promise.all(busy);
    // nobody is busy any more
    expect((await call('m', { stream: true })).provider).toBe('one');
    expect((await call('m')).provider).toBe('one');
  });

  test('weighted spreads the calls, and leaves a conversation where it is', async () => {
    const { call } = await open('weighted', { three: { weight: 0 } });
    const asked = [];
    for (let i = 0; i < 40; i++) asked.push((await call('m')).provider);
    expect(new Set(asked)).toEqual(new Set(['one', 'two']));
    const talk = (turns: number, topic: string) =>
      Array.from({ length: turns }, (_, index) => ({
        role: index % 2 === 0 ? 'user' : 'assistant',
        content: `${topic} ${index}`,
      }));
    for (const topic of ['rain', 'snow', 'wind', 'sun']) {
      const { provider } = await call('m', { messages: talk(1, topic) });
      for (const turns of [3, 5, 7, 9])
        expect((await call('m', { messages: talk(turns, topic) })).provider).toBe(provider);
    }
  });
});
