// A provider that says exactly the frames it is told, whole or open-ended, and knows when its caller leaves.

/**
 * `stays` keeps the stream open in silence; `pausesAfter` so many frames it waits for `goOn`. `json` is a whole answer,
 * sent even to who asked for a stream; one that `waits` is sent after `goOn`.
 */
export type Telling =
  | { frames: string[]; stays?: boolean; pausesAfter?: number }
  | { json: unknown; waits?: boolean; status?: number; headers?: Record<string, string> };

export type Teller = {
  baseUrl: string;
  requests: number;
  /** Resolves when the first request since the script has come. */
  asked: Promise<void>;
  /** Resolves when a caller has left an open stream. */
  left: Promise<void>;
  /** The n-th request gets the n-th, further ones the last. */
  tell(...tellings: Telling[]): void;
  /** Ends a pause. */
  goOn(): void;
  stop(): Promise<void>;
};

export function startTeller(): Teller {
  let script: Telling[] = [];
  let leave: () => void = () => undefined;
  let arrive: () => void = () => undefined;
  let resume = Promise.withResolvers<void>();
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      await request.bytes();
      arrive();
      const telling = script[Math.min(teller.requests++, script.length - 1)];
      if (telling === undefined) return new Response('nothing to tell', { status: 500 });
      if ('json' in telling && telling.waits) await resume.promise;
      if ('json' in telling)
        return Response.json(telling.json, { status: telling.status ?? 200, headers: telling.headers ?? {} });
      request.signal.addEventListener('abort', () => leave(), { once: true });
      return new Response(streamOf(telling, resume.promise, request.signal), {
        headers: { 'content-type': 'text/event-stream' },
      });
    },
  });
  const teller: Teller = {
    baseUrl: `http://127.0.0.1:${server.port}/v1`,
    requests: 0,
    asked: Promise.resolve(),
    left: Promise.resolve(),
    tell(...tellings) {
      script = tellings;
      teller.requests = 0;
      resume = Promise.withResolvers();
      teller.asked = new Promise((resolve) => {
        arrive = resolve;
      });
      teller.left = new Promise((resolve) => {
        leave = resolve;
      });
    },
    goOn: () => resume.resolve(),
    stop: () => server.stop(true),
  };
  return teller;
}

function streamOf(
  { frames, stays, pausesAfter }: Extract<Telling, { frames: string[] }>,
  resumed: Promise<void>,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const gone = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  let next = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (next === pausesAfter) await resumed;
        const frame = frames[next++];
        if (frame !== undefined) return controller.enqueue(new TextEncoder().encode(frame));
        if (stays) await gone;
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}
