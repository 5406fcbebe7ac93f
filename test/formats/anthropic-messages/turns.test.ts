// Conversations as Messages upstreams get them: turns, tool results, instructions, media, cache marks.

import { describe, expect, test } from 'bun:test';
import type { CacheMark } from '../../../src/canonical/part.ts';
import type { CanonicalRequest } from '../../../src/canonical/request.ts';
import { faultOf } from '../../support/fault-of.ts';
import { ask, encode, older, paths } from '../../support/messages-encoding.ts';

describe('a conversation an upstream is sent', () => {
  test('later instructions become tagged text where the model knows no system turns', () => {
    const messages: CanonicalRequest['messages'] = [
      { role: 'system', parts: [{ kind: 'text', text: 'one' }] },
      { role: 'developer', parts: [{ kind: 'text', text: 'two' }] },
      { role: 'user', parts: [{ kind: 'text', text: 'hi' }] },
      { role: 'assistant', parts: [{ kind: 'text', text: 'yes' }] },
      { role: 'system', parts: [{ kind: 'text', text: 'late' }], at: 'messages[4]' },
      { role: 'user', parts: [{ kind: 'text', text: 'bye' }] },
    ];
    const { value, losses } = encode({ messages }, older);
    expect(value.system).toEqual([
      { type: 'text', text: 'one' },
      { type: 'text', text: 'two' },
    ]);
    expect(value.messages).toEqual([
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'yes' },
      {
        role: 'user',
        content: [
          { type: 'text', text: '<system-note>\nlate\n</system-note>' },
          { type: 'text', text: 'bye' },
        ],
      },
    ]);
    expect(losses).toMatchObject([{ path: 'messages[4]', action: 'moved' }]);
    expect(encode({ messages }).value.messages).toContainEqual({ role: 'system', content: 'late' });
  });

  test('calls end their turn, results follow at once, and each call has exactly one', () => {
    const call = (id: string, input = '{}') => ({
      kind: 'tool-call' as const,
      id,
      name: 'f',
      form: 'json' as const,
      input,
    });
    const result = (callId: string, text: string) => ({
      kind: 'tool-result' as const,
      callId,
      form: 'json' as const,
      isError: false,
      content: [{ kind: 'text' as const, text }],
    });
    const { value, losses } = encode({
      messages: [
        { role: 'user', parts: [{ kind: 'text', text: 'go' }] },
        {
          role: 'assistant',
          parts: [call('functions.Bash:0', 'no json'), { kind: 'text', text: 'calling' }, call('b')],
        },
        { role: 'system', parts: [{ kind: 'text', text: 'between' }] },
        {
          role: 'tool',
          parts: [
            result('functions.Bash:0', 'old'),
            result('functions.Bash:0', 'new'),
            result('stray', 'lost'),
          ],
        },
        {
          role: 'user',
          parts: [
            { kind: 'text', text: '' },
            { kind: 'text', text: 'and?' },
          ],
        },
      ],
    });
    const id = `t_${Buffer.from('functions.Bash:0').toString('base64url')}`;
    expect(value.messages).toEqual([
      { role: 'user', content: 'go' },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'calling' },
          { type: 'tool_use', id, name: 'f', input: { _raw: 'no json' } },
          { type: 'tool_use', id: 'b', name: 'f', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: id, content: 'new' },
          {
            type: 'tool_result',
            tool_use_id: 'b',
            content: 'No result was recorded for this call.',
            is_error: true,
          },
          { type: 'text', text: 'Result of an earlier tool call:' },
          { type: 'text', text: 'lost' },
          { type: 'text', text: 'and?' },
        ],
      },
      { role: 'system', content: 'between' },
    ]);
    const actions = ['changed', 'changed', 'dropped', 'moved', 'moved'] as const;
    expect(losses.map((loss) => loss.action).sort()).toEqual([...actions]);
    // a conversation with calls is refused without tools
    expect(value).toMatchObject({ tools: [{ name: 'f' }], tool_choice: { type: 'none' } });
  });

  test('a conversation always begins with the user', () => {
    const { value, losses } = encode({
      messages: [{ role: 'system', parts: [{ kind: 'text', text: 'only' }] }],
    });
    expect(value).toMatchObject({ system: 'only', messages: [{ role: 'user' }] });
    expect(losses).toMatchObject([{ action: 'changed' }]);
  });

  test('no reasoning of another issuer leaves, and its loss is named', () => {
    const parts: CanonicalRequest['messages'][number]['parts'] = [
      {
        kind: 'reasoning',
        summary: ['S3CRET'],
        content: [],
        seal: { issuer: 'openai', data: 'SEALED' },
        at: 'input[1]',
      },
      { kind: 'text', text: 'ok' },
    ];
    const { value, losses } = encode({ messages: [...ask({}).messages, { role: 'assistant', parts }] });
    expect(JSON.stringify(value)).not.toMatch(/S3CRET|SEALED/);
    expect(paths(losses)).toEqual(['input[1]']);
  });

  test('cache marks beyond four are dropped from the front', () => {
    const parts = Array.from({ length: 6 }, (_, index) => ({
      kind: 'text' as const,
      text: `t${index}`,
      cache: { ttl: 'default' as const },
      at: `messages[0].content[${index}]`,
    }));
    const { value, losses } = encode({ messages: [{ role: 'user', parts }] });
    expect(JSON.stringify(value).match(/cache_control/g)).toHaveLength(4);
    expect(paths(losses)).toEqual(['messages[0].content[0]', 'messages[0].content[1]']);
    const auto = encode({ messages: [{ role: 'user', parts }], cache: { auto: { ttl: '12h' } } });
    expect(JSON.stringify(auto.value).match(/cache_control/g)).toHaveLength(4);
    expect(auto.value.cache_control).toEqual({ type: 'ephemeral', ttl: '1h' });
  });

  test('no lifetime stands behind a shorter one: an hour reaches back to the beginning', () => {
    const text = (at: string, ttl: CacheMark['ttl']) => ({
      kind: 'text' as const,
      text: at,
      cache: { ttl },
      at,
    });
    const parts = [text('a', '30m'), text('b', '12h'), text('c', '5m')];
    const { value, losses } = encode({ messages: [{ role: 'user', parts }] });
    expect(value.messages).toMatchObject([
      {
        content: [
          { cache_control: { ttl: '1h' } },
          { cache_control: { ttl: '1h' } },
          { cache_control: { ttl: '5m' } },
        ],
      },
    ]);
    expect(losses.map(({ path, reason }) => [path, reason])).toEqual([
      ['a', 'the cache lifetime became 5m'],
      ['b', 'the cache lifetime became 1h'],
      ['a', 'the cache lifetime became 1h, as that of a later mark'],
    ]);
    const ordered = encode({ messages: [{ role: 'user', parts: [text('a', '1h'), text('b', '5m')] }] });
    expect(ordered.losses).toEqual([]);
  });

  test('lifetimes are compared where the marks stand in the end: results come first, the automatic mark last', () => {
    const call = { kind: 'tool-call' as const, id: 't1', name: 'f', form: 'json' as const, input: '{}' };
    const result = {
      kind: 'tool-result' as const,
      callId: 't1',
      form: 'json' as const,
      content: [],
      isError: false,
    };
    const { value } = encode({
      messages: [
        { role: 'assistant', parts: [call] },
        { role: 'tool', parts: [{ ...result, cache: { ttl: '5m' }, at: 'r' }] },
        { role: 'user', parts: [{ kind: 'text', text: 'and', cache: { ttl: 'default' }, at: 'u' }] },
      ],
      cache: { auto: { ttl: '1h' } },
    });
    expect(JSON.stringify(value).match(/"ttl":"1h"/g)).toHaveLength(3);
  });

  test('what this model cannot take is refused at the place the client wrote it', () => {
    const user = (part: CanonicalRequest['messages'][number]['parts'][number]) => () =>
      encode({ messages: [{ role: 'user', parts: [part] }] });
    const at = 'messages[0].content[0]';
    const sound = {
      kind: 'audio' as const,
      source: { from: 'base64' as const, mediaType: 'audio/wav', data: 'x' },
      at,
    };
    expect(faultOf(user(sound))).toMatchObject({ code: 'unsupported_parameter', param: at });
    const foreign = {
      kind: 'file' as const,
      source: { from: 'file-id' as const, id: 'f', format: 'openai-chat' as const },
      at,
    };
    expect(faultOf(user(foreign))).toMatchObject({ param: at });
    const tool = {
      kind: 'opaque' as const,
      type: 'file_search',
      raw: { format: 'openai-responses' as const, value: {} },
      at: 'tools[0]',
    };
    expect(faultOf(() => encode({ tools: [tool] }))).toMatchObject({ param: 'tools[0]' });
    const custom = { kind: 'custom' as const, name: 'c', at: 'tools[0]' };
    expect(faultOf(() => encode({ tools: [custom] }))).toMatchObject({ param: 'tools[0]' });
  });
});
