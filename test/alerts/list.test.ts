// What `osiris alerts list` shows of a server's health.

import { expect, test } from 'bun:test';
import { describeHealth } from '../../src/cli/alerts.ts';

test('a deployment is left alone until a time to come, or its next call finds out how it is', () => {
  const row = (provider: string, until: string) => ({ provider, model: 'm', why: 'failing', until });
  const shown = describeHealth({
    data: [row('resting', '2999-03-31T12:00:00.500Z'), row('due', '2001-03-31T12:00:00.500Z')],
    alerts: { open: [], recent: [], webhooks: [] },
  });
  expect(shown).toStartWith(`Left alone now
PROVIDER  MODEL  WHY      UNTIL (UTC)
resting   m      failing  2999-03-31 12:00:00
due       m      failing  its next call
`);
});
