// A provider that says exactly the frames it is told, whole or open-ended, and knows when its caller leaves.

/** `stays` keeps the stream open in silence; `json` is a whole answer, sent even to who asked for a stream. */
export type Telling = { frames: string[]; stays?: boolean } | { json: unknown; status?: number };

export type Teller = {
  baseUrl: string;
  requests: number;
  /** Resolves when a caller has left an open stream. */
  left: Promise<void>;
  /** The n-th request gets the n-th, further ones the last. */
  tell(...tellings: Telling[]): void;
  stop(): Promise<void>;
};

export function startTeller(): Teller {
  let script: Telling[] = [];
  let leave: () => void = () => undefined;
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      await request.bytes();
      const telling = script[Math.min(teller.requests++, script.length - 1)];
      if (telling === undefined) return new Response('nothing to tell', { status: 500 });
      if ('json' in telling) return Response.json(telling.json, { status: telling.status ?? 200 });
      request.signal.addEventListener('abort', () => leave(), { once: true });
      return new Response(streamOf(telling.frames, telling.stays === true, request.signal), {
        headers: { 'content-type': 'text/event-stream' },
      });
    },
  });
  const teller: Teller = {
    baseUrl: `http://127.0.0.1:${server.port}/v1`,
    requests: 0,
    left: Promise.resolve(),
    tell(...tellings) {
      script = tellings;
      teller.requests = 0;
      teller.left = new Promise((resolve) => {
        leave = resolve;
      });
    },
    stop: () => server.stop(true),
  };
  return teller;
}

function streamOf(frames: string[], stays: boolean, signal: AbortSignal): ReadableStream<Uint8Array> {
  const gone = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  let next = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const frame = frames[next++];
        if (frame !== undefined) return controller.enqueue(new TextEncoder().encode(frame));
        if (stays) await gone;
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}
