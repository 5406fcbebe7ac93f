// Sealed reasoning in the hands of a client of another format: what comes back is what went out, or nothing.

import { describe, expect, test } from 'bun:test';
import type { StreamEvent } from '../../src/canonical/event.ts';
import { Fold } from '../../src/canonical/fold.ts';
import type { ReasoningPart } from '../../src/canonical/part.ts';
import type { CanonicalRequest } from '../../src/canonical/request.ts';
import type { CanonicalResponse } from '../../src/canonical/response.ts';
import { unfold } from '../../src/canonical/unfold.ts';
import { SealWrapper, sealFor, unwrapSeals, wrapSeals } from '../../src/formats/seal.ts';

const KEY = new Uint8Array(32).fill(7);
const OTHER_KEY = new Uint8Array(32).fill(8);

function answerOf(part: ReasoningPart): CanonicalResponse {
  return { parts: [part], finish: { reason: 'end' } };
}

function historyOf(part: ReasoningPart): CanonicalRequest {
  return {
    model: 'm',
    stream: false,
    includeUsage: false,
    messages: [{ role: 'assistant', parts: [{ ...part, at: 'messages[1].content[0]' }] }],
    tools: [],
    sampling: {},
    cache: {},
    origin: {},
  };
}

function wrapped(part: ReasoningPart, issuer: string): ReasoningPart {
  return wrapSeals(answerOf(part), issuer, KEY).parts[0] as ReasoningPart;
}

function unwrapped(part: ReasoningPart, key = KEY) {
  const { value, losses } = unwrapSeals(historyOf(part), key);
  return { part: value.messages[0]?.parts[0] as ReasoningPart, losses };
}

const OPENAI: ReasoningPart = {
  kind: 'reasoning',
  summary: ['first 🌧', 'second'],
  content: [],
  seal: { issuer: 'openai', data: 'gAAAA+/=' },
  itemId: 'rs_1',
};
const REDACTED: ReasoningPart = {
  kind: 'reasoning',
  redacted: true,
  summary: [],
  content: [],
  seal: { issuer: 'anthropic', data: 'EmwK' },
};

describe('an envelope', () => {
  test('hides the state behind the client’s own issuer and gives back all its issuer knows', () => {
    const away = wrapped(OPENAI, 'anthropic');
    expect(away.seal?.issuer).toBe('anthropic');
    expect(away.seal?.data).toMatch(/^osr1\.[\w-]+\.[\w-]{22}$/);
    // a client of Messages keeps one text and no item id
    const { itemId: _, ...echoed } = { ...away, summary: [away.summary.join('\n\n')] };
    const { part, losses } = unwrapped(echoed);
    expect(losses).toEqual([]);
    expect(part).toEqual({ ...OPENAI, at: 'messages[1].content[0]' });
  });

  test('remembers that nothing was to be read', () => {
    const { redacted: _, ...echoed } = wrapped(REDACTED, 'openai');
    expect(unwrapped({ ...echoed, itemId: 'rs_ours' }).part).toMatchObject({
      redacted: true,
      seal: REDACTED.seal,
    });
    expect(unwrapped({ ...echoed, itemId: 'rs_ours' }).part).not.toHaveProperty('itemId');
  });

  test('leaves the client’s own seals as they are', () => {
    expect(wrapped(OPENAI, 'openai')).toEqual(OPENAI);
    expect(unwrapped(OPENAI)).toMatchObject({ part: { seal: OPENAI.seal }, losses: [] });
  });

  test('keeps a summary the client rewrote as it is', () => {
    const away = wrapped(OPENAI, 'anthropic');
    expect(unwrapped({ ...away, summary: ['rewritten'] }).part.summary).toEqual(['rewritten']);
  });

  test('in a stream is the same as in a whole answer', () => {
    for (const part of [OPENAI, REDACTED]) {
      const issuer = part.seal?.issuer === 'openai' ? 'anthropic' : 'openai';
      const wrapper = new SealWrapper(issuer, KEY);
      const fold = new Fold();
      for (const event of unfold(answerOf(part)) as StreamEvent[]) fold.push(wrapper.event(event));
      expect(fold.response().parts).toEqual([wrapped(part, issuer)]);
    }
  });

  test.each([
    ['of another installation', (data: string) => data, OTHER_KEY],
    ['with another payload', (data: string) => data.replace('osr1.e', 'osr1.f'), KEY],
    ['cut short', (data: string) => data.slice(0, -1), KEY],
    ['without a proof', (data: string) => data.split('.').slice(0, 2).join('.'), KEY],
    ['with more behind it', (data: string) => `${data}.x`, KEY],
    ['of nothing', () => 'osr1.', KEY],
  ])('%s is dropped and named', (_, change, key) => {
    const away = wrapped(OPENAI, 'anthropic');
    const echoed = { ...away, seal: { issuer: 'anthropic', data: change(away.seal?.data ?? '') } };
    const { part, losses } = unwrapped(echoed, key);
    expect(part).not.toHaveProperty('seal');
    expect(part.summary).toEqual(OPENAI.summary);
    expect(losses).toMatchObject([{ path: 'messages[1].content[0]', action: 'dropped' }]);
    expect(sealFor('openai', key)(echoed.seal.data)).toBeUndefined();
  });

  test('is opened for its issuer alone where bytes pass through', () => {
    const data = wrapped(OPENAI, 'anthropic').seal?.data ?? '';
    expect(sealFor('openai', KEY)(data)).toBe('gAAAA+/=');
    expect(sealFor('anthropic', KEY)(data)).toBeUndefined();
    expect(sealFor('anthropic', KEY)('EmwK')).toBe('EmwK');
  });
});
