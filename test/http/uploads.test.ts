// Bodies that arrive slowly, over real sockets: how much of one key may be under way at once.

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { connect, type Socket } from 'node:net';
import { type InProcess, openHere } from '../support/in-process.ts';

const BODY_MAX = 20_000;

let here: InProcess;
const sockets: Socket[] = [];
beforeEach(async () => {
  here = await openHere({ sandbox: true });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await here.stop();
});

/** A request whose body is sent but for its last byte; `finish` sends that. */
function upload(key: string, bytes: number, isDeclared = true) {
  const body = JSON.stringify({ model: 'sandbox/echo', messages: [{ role: 'user', content: 'Hi' }] });
  const padded = body.padEnd(bytes, ' ');
  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
  const socket = connect(Number(new URL(here.url).port), '127.0.0.1');
  sockets.push(socket);
  const [framing, most, rest] = isDeclared
    ? [`content-length: ${bytes}`, padded.slice(0, -1), ' ']
    : ['transfer-encoding: chunked', chunk(padded), chunk('')];
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: osiris\r\nauthorization: Bearer ${key}\r\n${framing}\r\n\r\n${most}`,
  );
  const answer = new Promise<string>((resolve) => {
    let text = '';
    socket.on('data', (piece: Buffer) => {
      text += piece.toString();
      if (text.includes('\r\n\r\n')) resolve(text);
    });
  });
  return { answer, finish: () => socket.write(rest) };
}

const statusOf = async (answer: Promise<string>) => Number((await answer).split(' ')[1]);

describe('a key that may make one call at a time', () => {
  test.each([true, false])(
    'may send one body of the largest size at a time (length declared: %p)',
    async (isDeclared) => {
      const { key } = here.makeKey({ concurrent: 1, maxBodyBytes: BODY_MAX });
      const first = upload(key, BODY_MAX - 1, isDeclared);
      // the server has begun to read the first one as soon as it refuses another
      let refused = upload(key, BODY_MAX - 1, isDeclared);
      refused = await Promise.race([first.answer.then(() => first), refused.answer.then(() => refused)]);
      const text = await refused.answer;
      expect(text).toMatch(/^HTTP\/1.1 429 /);
      expect(text).toContain('"code":"concurrency_limit"');
      expect(text.toLowerCase()).toContain('\r\nretry-after: 1\r\n');
    },
  );

  test('may send the next one when that has arrived, and hinders no other key', async () => {
    const { key } = here.makeKey({ concurrent: 1, maxBodyBytes: BODY_MAX });
    const { key: other } = here.makeKey({ concurrent: 1, maxBodyBytes: BODY_MAX });
    const uploads = [upload(key, BODY_MAX - 1), upload(other, BODY_MAX - 1)];
    for (const { finish } of uploads) finish();
    expect(await Promise.all(uploads.map(({ answer }) => statusOf(answer)))).toEqual([200, 200]);
    const next = upload(key, BODY_MAX - 1);
    next.finish();
    expect(await statusOf(next.answer)).toBe(200);
  });

  test('may send the next one when the client of the first has left', async () => {
    const { key } = here.makeKey({ concurrent: 1, maxBodyBytes: BODY_MAX });
    upload(key, BODY_MAX - 1);
    sockets[0]?.destroy();
    const tries = async (): Promise<number> => {
      const next = upload(key, BODY_MAX - 1);
      next.finish();
      const status = await statusOf(next.answer);
      return status === 429 ? tries() : status;
    };
    expect(await tries()).toBe(200);
  });
});
