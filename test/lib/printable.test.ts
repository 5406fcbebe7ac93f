// Text from outside on a screen: it may neither move the cursor nor turn what stands behind it.

import { expect, test } from 'bun:test';
import { modelsOf } from '../../src/accounts/key-members.ts';
import { describeCall, plainText } from '../../src/cli/log-text.ts';
import { isPrintable } from '../../src/lib/printable.ts';

test.each([
  ['an escape', '\u001b[2J', '·[2J'],
  ['its short form', '\u009b31m', '·31m'],
  ['a line end', 'a\r\nb', 'a··b'],
  ['a line end of Unicode', 'a\u2028b', 'a·b'],
  ['a turn of the direction', 'a\u202eb\u2066c', 'a·b·c'],
  ['half a character', 'a\ud800b', 'a·b'],
])('%s is shown as a dot', (_, text, shown) => {
  expect(plainText(text)).toBe(shown);
  expect(isPrintable(text)).toBe(false);
});

test.each(['gpt-5', 'größer', '模型', '😀'])('%s is shown as it is', (text) => {
  expect(plainText(text)).toBe(text);
  expect(isPrintable(text)).toBe(true);
});

test('a key has no models whose names are none to be shown', () => {
  expect(modelsOf(['gpt-5', 'claude-*'])).toEqual(['gpt-5', 'claude-*']);
  for (const name of ['gpt\u001b[2J', 'gpt\u202e']) expect(() => modelsOf([name])).toThrow('models');
});

test('bodies of the journal keep their lines and tabs, and nothing else that moves the cursor', () => {
  const text = 'data: \u001b[2J\u202e\r\n\n\tb\rc';
  const shown = describeCall({ id: 'call_1', answer_body: { text, bytes: 30 } });
  expect(shown).toContain('data: ·[2J·\r\n\n\tb·c\n');
});
