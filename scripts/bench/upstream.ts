// The benchmark's upstream: raw TCP with answers baked beforehand, so that it costs next to nothing itself.

import { bakedAnswers } from './baked.ts';

type State = { pending: Buffer; unsent: Uint8Array[] };

const answers = bakedAnswers();

/** Prints its port and serves until it is killed. A body that asks for `slow` gets a stream that stays open. */
const server = Bun.listen<State>({
  hostname: '127.0.0.1',
  port: 0,
  socket: {
    open(socket) {
      socket.data = { pending: Buffer.alloc(0), unsent: [] };
    },
    drain(socket) {
      const unsent = socket.data.unsent;
      socket.data.unsent = [];
      for (const piece of unsent) send(socket, piece);
    },
    data(socket, chunk) {
      let pending = socket.data.pending.length === 0 ? chunk : Buffer.concat([socket.data.pending, chunk]);
      for (;;) {
        const headEnd = pending.indexOf('\r\n\r\n');
        if (headEnd === -1) break;
        const head = pending.subarray(0, headEnd).toString('latin1');
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
        if (pending.length < headEnd + 4 + length) break;
        const body = pending.subarray(headEnd + 4, headEnd + 4 + length);
        pending = pending.subarray(headEnd + 4 + length);
        const format =
          /^POST \S*\/(chat\/completions|responses|messages) /.exec(head)?.[1] ?? 'chat/completions';
        const baked = answers[format as keyof typeof answers];
        if (body.includes('"stream":true')) {
          const slow = body.includes('bench-slow');
          for (const piece of slow ? baked.opening : baked.stream) send(socket, piece);
        } else send(socket, baked.plain);
      }
      socket.data.pending = Buffer.from(pending);
    },
  },
});
console.log(server.port);

function send(socket: Bun.Socket<State>, piece: Uint8Array): void {
  const { unsent } = socket.data;
  const wrote = unsent.length > 0 ? 0 : socket.write(piece);
  if (wrote < piece.length) unsent.push(piece.subarray(wrote));
}
