// The benchmark's client: raw TCP connections that send one prepared request again and again.

/** What to send, and for how long. Read from the first argument as JSON; the result goes to stdout as JSON. */
export type LoadOrder = {
  port: number;
  path: string;
  key: string;
  headers?: Readonly<Record<string, string>>;
  body: string;
  connections: number;
  seconds: number;
};
/** Latencies in microseconds. `bytes` of bodies received, to compare targets with. */
export type LoadResult = { requests: number; failures: number; seconds: number; p50: number; p99: number };

type State = {
  sentAt: number;
  framing: 'head' | 'length' | 'chunks';
  head: string;
  tail: string;
  left: number;
};

const NEW_RESPONSE = { framing: 'head' as const, head: '', tail: '', left: 0 };

if (import.meta.main) {
  const order = JSON.parse(await Bun.stdin.text()) as LoadOrder;
  console.log(JSON.stringify(await run(order)));
  process.exit(0);
}

async function run(order: LoadOrder): Promise<LoadResult> {
  const request = requestBytes(order);
  const latencies: number[] = [];
  let failures = 0;
  let measuring = false;
  let stopping = false;
  const send = (socket: Bun.Socket<State>) => {
    socket.data.sentAt = performance.now();
    Object.assign(socket.data, NEW_RESPONSE);
    let at = socket.write(request);
    if (at < request.length) {
      pendingWrites.set(socket, at);
      at = request.length;
    }
  };
  const pendingWrites = new Map<Bun.Socket<State>, number>();
  const sockets = await Promise.all(
    Array.from({ length: order.connections }, () =>
      Bun.connect<State>({
        hostname: '127.0.0.1',
        port: order.port,
        data: { sentAt: 0, ...NEW_RESPONSE },
        socket: {
          open: send,
          drain(socket) {
            const from = pendingWrites.get(socket);
            if (from === undefined) return;
            const wrote = from + socket.write(request.subarray(from));
            if (wrote < request.length) pendingWrites.set(socket, wrote);
            else pendingWrites.delete(socket);
          },
          data(socket, chunk) {
            const ended = isWhole(socket.data, chunk);
            if (ended === 'no') return;
            if (ended === 'failed') failures++;
            else if (measuring) latencies.push((performance.now() - socket.data.sentAt) * 1000);
            if (!stopping) send(socket);
          },
        },
      }),
    ),
  );
  await Bun.sleep(Math.min(500, order.seconds * 250));
  measuring = true;
  const begun = performance.now();
  await Bun.sleep(order.seconds * 1000);
  measuring = false;
  stopping = true;
  const seconds = (performance.now() - begun) / 1000;
  for (const socket of sockets) socket.terminate();
  latencies.sort((a, b) => a - b);
  const at = (share: number) => Math.round(latencies[Math.floor(latencies.length * share)] ?? 0);
  return { requests: latencies.length, failures, seconds, p50: at(0.5), p99: at(0.99) };
}

function requestBytes({ path, key, headers = {}, body }: LoadOrder): Buffer {
  const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nauthorization: Bearer ${key}\r\n${more.join('')}content-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return Buffer.from(head + body);
}

/** Follows one response by its content-length or its last chunk; the head may come in pieces. */
function isWhole(state: State, chunk: Buffer): 'yes' | 'no' | 'failed' {
  let body = chunk;
  if (state.framing === 'head') {
    state.head += chunk.toString('latin1');
    const headEnd = state.head.indexOf('\r\n\r\n');
    if (headEnd === -1) return 'no';
    if (!state.head.startsWith('HTTP/1.1 200')) return 'failed';
    const length = /content-length: (\d+)/i.exec(state.head.slice(0, headEnd))?.[1];
    state.framing = length === undefined ? 'chunks' : 'length';
    state.left = Number(length ?? 0);
    body = chunk.subarray(chunk.length - (state.head.length - headEnd - 4));
  }
  if (state.framing === 'length') {
    state.left -= body.length;
    return state.left <= 0 ? 'yes' : 'no';
  }
  state.tail = (state.tail + body.subarray(-5).toString('latin1')).slice(-5);
  return state.tail === '0\r\n\r\n' ? 'yes' : 'no';
}
