// How reasoning is asked for from a Responses upstream, and to whom sealed reasoning goes back.

import { describe, expect, test } from 'bun:test';
import type { Part } from '../../../src/canonical/part.ts';
import type { CanonicalRequest } from '../../../src/canonical/request.ts';
import type { Target } from '../../../src/formats/codec.ts';
import { asArray } from '../../../src/lib/json.ts';
import { encode, user } from '../../support/responses-encoding.ts';

const inputOf = (...parts: Part[]) => encode({ messages: [user, { role: 'assistant', parts }] }).value.input;

describe('reasoning', () => {
  test('goes back only to its issuer', () => {
    const own: Part = {
      kind: 'reasoning',
      summary: ['s'],
      content: [],
      seal: { issuer: 'openai', data: 'DATA' },
      itemId: 'rs_1',
    };
    expect(asArray(inputOf(own))[1]).toEqual({
      type: 'reasoning',
      id: 'rs_1',
      summary: [{ type: 'summary_text', text: 's' }],
      encrypted_content: 'DATA',
    });
    const foreign: Part = {
      kind: 'reasoning',
      summary: ['secret'],
      content: [],
      seal: { issuer: 'anthropic', data: 'SIG' },
    };
    expect(JSON.stringify(inputOf(foreign))).not.toMatch(/SIG|secret/);
    expect(
      encode({
        messages: [user, { role: 'assistant', parts: [{ ...foreign, at: 'messages[1].content[0]' }] }],
      }).losses,
    ).toMatchObject([{ path: 'messages[1].content[0]', action: 'dropped' }]);
  });

  const effort = (
    reasoning: CanonicalRequest['reasoning'],
    over: Partial<Target> = {},
    origin: Record<string, string> = {},
  ) => encode({ ...(reasoning ? { reasoning } : {}), origin }, over);

  test('efforts are clipped to what the model lists', () => {
    expect(effort({ effort: 'high' }).value.reasoning).toEqual({ effort: 'high' });
    expect(effort({ effort: 'max' })).toMatchObject({
      value: { reasoning: { effort: 'high' } },
      losses: [{ action: 'changed' }],
    });
    expect(effort({ effort: 'minimal' }, { efforts: ['low'] }).value.reasoning).toEqual({ effort: 'low' });
    expect(effort({ mode: 'off' }).value.reasoning).toEqual({ effort: 'minimal' });
    expect(effort({ mode: 'off' }, { efforts: ['none', 'low'] }).value.reasoning).toEqual({ effort: 'none' });
    expect(effort({ effort: 'xhigh' }, { efforts: [] }).value.reasoning).toEqual({ effort: 'xhigh' });
    expect(effort({ mode: 'on' }).value.reasoning).toEqual({ effort: 'medium' });
    expect(effort({ effort: 'low' }, { thinking: 'none' })).toMatchObject({
      losses: [{ action: 'dropped' }],
    });
  });

  test('a budget becomes an effort', () => {
    const budgets: [number, string][] = [
      [1024, 'low'],
      [8192, 'medium'],
      [24_000, 'high'],
      [31_999, 'xhigh'],
      [60_000, 'max'],
    ];
    for (const [budgetTokens, wanted] of budgets) {
      const { value, losses } = effort({ mode: 'on', budgetTokens }, { efforts: [] });
      expect(value.reasoning).toEqual({ effort: wanted });
      expect(losses).toMatchObject([{ action: 'changed' }]);
    }
  });

  test('clients of other formats are shown the thoughts, clients of this one when they ask', () => {
    expect(effort({ effort: 'low' }, {}, { 'reasoning.effort': 'reasoning_effort' }).value.reasoning).toEqual(
      { effort: 'low', summary: 'auto' },
    );
    expect(effort({ effort: 'low' }, {}, { 'reasoning.effort': 'reasoning.effort' }).value.reasoning).toEqual(
      { effort: 'low' },
    );
    expect(effort({ summary: 'detailed' }).value.reasoning).toEqual({ summary: 'detailed' });
    expect(effort({ mode: 'on', summary: 'none' }).value.reasoning).toEqual({ effort: 'medium' });
  });
});
