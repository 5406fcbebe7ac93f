// The benchmark's upstream: raw TCP with answers baked beforehand, so that it costs next to nothing itself.

import { bakedAnswers } from './baked.ts';

type State = { pending: Buffer; unsent: Uint8Array[] };

const answers = bakedAnswers();

/** How long a provider that is asked for `bench-delay` thinks. */
const DELAY_MS = 50;
/** Between two frames of a stream that is asked for as `bench-paced`. */
const PACE_MS = 5;

/**
 * Prints its port and serves until it is killed. A body that asks for `bench-slow` gets a stream that stays open, for
 * `bench-delay` an answer after a while, for `bench-paced` one frame after the other.
 */
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
          if (body.includes('bench-paced')) pace(socket, baked.paced);
          else
            for (const piece of body.includes('bench-slow') ? baked.opening : baked.stream)
              send(socket, piece);
        } else if (body.includes('bench-delay')) setTimeout(() => send(socket, baked.plain), DELAY_MS);
        else send(socket, baked.plain);
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

function pace(socket: Bun.Socket<State>, pieces: Uint8Array[]): void {
  let next = 0;
  const timer = setInterval(() => {
    const piece = pieces[next++];
    if (piece) send(socket, piece);
    if (next >= pieces.length) clearInterval(timer);
  }, PACE_MS);
}
