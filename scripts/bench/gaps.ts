// Reads paced streams over raw TCP and tells how long their readers waited between two pieces.

/** Read from stdin as JSON; the gaps' percentiles in milliseconds go to stdout as JSON. */
export type GapOrder = { port: number; path: string; key: string; body: string; streams: number };
export type GapResult = { p50: number; p99: number; pieces: number };

type State = { lastAt: number; ended: () => void; tail: string };

if (import.meta.main) {
  console.log(JSON.stringify(await run(JSON.parse(await Bun.stdin.text()) as GapOrder)));
  process.exit(0);
}

async function run({ port, path, key, body, streams }: GapOrder): Promise<GapResult> {
  const gaps: number[] = [];
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nauthorization: Bearer ${key}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  await Promise.all(
    Array.from({ length: streams }, async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const socket = await Bun.connect<State>({
        hostname: '127.0.0.1',
        port,
        data: { lastAt: 0, ended: resolve, tail: '' },
        socket: {
          data({ data }, bytes) {
            const now = performance.now();
            if (data.lastAt > 0) gaps.push(now - data.lastAt);
            data.lastAt = now;
            data.tail = (data.tail + bytes.subarray(-5).toString('latin1')).slice(-5);
            if (data.tail === '0\r\n\r\n') data.ended();
          },
          close: ({ data }) => data.ended(),
        },
      });
      socket.write(head + body);
      await promise;
      socket.terminate();
    }),
  );
  gaps.sort((a, b) => a - b);
  const at = (share: number) => gaps[Math.floor(gaps.length * share)] ?? 0;
  return { p50: at(0.5), p99: at(0.99), pieces: gaps.length };
}
