// What a server can listen on, wherever it is written.

import { expect, test } from 'bun:test';
import { accepted, loadText, refused } from '../support/config-file.ts';

test.each(['http://127.0.0.1', '127.0.0.1:80', '“::1”', '[::1]'])(
  '%s is no host, and is refused by the name of its variable',
  (host) => {
    const [problem] = refused(loadText('server: {}', { OSIRIS_HOST: host }));
    expect(problem).toMatchObject({ file: 'OSIRIS_HOST', line: 0 });
    expect(problem?.message).toContain('without `http://` and port');
  },
);

test('a flag is refused by its own name', () => {
  const [problem] = refused(loadText('server: {}', {}, {}, { overrides: { host: '127.0.0.1:80' } }));
  expect(problem).toMatchObject({ file: '--host', line: 0 });
});

test.each(['::1', '::', 'localhost', 'gate-1.example.com', 'fe80::1%eth0'])('%s is a host', (host) => {
  expect(accepted(loadText('server: {}', { OSIRIS_HOST: host })).server.host).toBe(host);
});
