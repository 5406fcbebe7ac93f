// Connections on which nothing moves any more: whose client has gone without a word must not stay for ever.

import { expect, test } from 'bun:test';
import { connect } from 'node:net';
import { openNetworkPort } from '../../src/http/network-port.ts';
import { accepted, loadText } from '../support/config-file.ts';

const ASK = 'POST / HTTP/1.1\r\nhost: osiris\r\ncontent-length: 9\r\n\r\n';

test.each([
  ['an answer', `${ASK}{"a": 12}`],
  ['an answer to a request that never became whole', `${ASK}{"a"`],
])('a connection that is quiet behind %s is closed', async (_, request) => {
  const { server } = accepted(loadText('{}', {}, {}));
  const port = openNetworkPort(
    { ...server, host: '127.0.0.1', port: 0 },
    { answer: () => new Response('Done.'), refuse: () => new Response(), quietS: 1 },
  );
  try {
    const socket = connect(port.port, '127.0.0.1', () => socket.write(request));
    let text = '';
    socket.on('data', (piece: Buffer) => {
      text += piece.toString();
    });
    // resolves when the server has ended it
    await new Promise((resolve) => socket.on('close', resolve));
    expect(text).toContain('Done.');
  } finally {
    await port.stop(true);
  }
});
