// What comes from outside may not move the cursor of whoever reads it.

import { expect, test } from 'bun:test';
import { describeCall } from '../../src/cli/log-text.ts';
import { asPrintable, asPrintableLines } from '../../src/lib/printable.ts';

const ESCAPES = 'a\x1b[2Jb\u009b31mc\x07d\u202ee\u2028f';

test('what a screen would not show as it is becomes a dot', () => {
  expect(asPrintable(`${ESCAPES}\n`)).toBe('a·[2Jb·31mc·d·e·f·');
});

test('lines and tabs of a text of several lines stay, a return alone does not', () => {
  expect(asPrintableLines(`${ESCAPES}\n\tg\r\nh\ri`)).toBe('a·[2Jb·31mc·d·e·f\n\tg\r\nh·i');
});

test('bodies of the journal are shown so', () => {
  const shown = describeCall({ id: 'call_1', answer_body: { text: `data: ${ESCAPES}\n\n`, bytes: 30 } });
  expect(shown).toContain('data: a·[2Jb·31mc·d·e·f\n\n');
});
