// What a stream under way keeps of the request that asked for it: nothing.

import { heapStats } from 'bun:jsc';
import { expect, test } from 'bun:test';
import { openHere } from '../support/in-process.ts';

const STREAMS = 24;
const BODY_BYTES = 1024 ** 2;
/** Bun sets aside 256 kB for the next bytes of each stream, ours and that of the client in this process. */
const LEFT_BYTES_MAX = 700 * 1024;

const FRAME = `data: ${JSON.stringify({
  ...{ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' },
  choices: [{ index: 0, delta: { content: 'first' }, finish_reason: null }],
})}\n\n`;

/** Begins every answer and ends none. */
function startHolding() {
  const answer = () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(FRAME)),
      pull: () => new Promise(() => {}),
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
  return Bun.serve({
    ...{ hostname: '127.0.0.1', port: 0, idleTimeout: 0 },
    async fetch(request) {
      await request.bytes();
      return answer();
    },
  });
}

function living() {
  Bun.gc(true);
  const { objectTypeCounts, extraMemorySize } = heapStats();
  return { requests: objectTypeCounts.Request ?? 0, bytes: extraMemorySize };
}

test('open streams keep neither the bodies nor the requests they came by', async () => {
  const upstream = startHolding();
  const gateway = await openHere({ baseUrl: `http://127.0.0.1:${upstream.port}/v1`, models: ['m'] });
  const leave = new AbortController();
  const open = async (bytes: number) => {
    const messages = [{ role: 'user', content: 'x'.repeat(bytes) }];
    const { body } = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.key}` },
      body: JSON.stringify({ model: 'm', stream: true, messages }),
      signal: leave.signal,
    });
    const reader = body?.getReader();
    await reader?.read();
    return reader;
  };
  try {
    await open(10);
    const before = living();
    const readers = await Promise.all(Array.from({ length: STREAMS }, () => open(BODY_BYTES)));
    const after = living();
    expect(readers).toHaveLength(STREAMS);
    expect(after.requests - before.requests).toBeLessThan(STREAMS / 2);
    expect((after.bytes - before.bytes) / STREAMS).toBeLessThan(LEFT_BYTES_MAX);
  } finally {
    leave.abort();
    await gateway.stop();
    await upstream.stop(true);
  }
});
