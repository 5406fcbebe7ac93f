// The provider of the crash run: answers by the plan of the call whose number stands in the prompt, and logs it.

import type { Asked, Turn } from '../support/script.ts';
import { type Wire, wireAt } from '../support/wire.ts';
import { type CallPlan, planOf } from './plan.ts';
import type { UpstreamRecord } from './records.ts';
import { tokensOf } from './tariff.ts';

/** The provider behind this prefix refuses everything, so that every call to it moves on to the next. */
export const FAILING_PREFIX = '/failing';

const encoder = new TextEncoder();
/** `piecesOf` cuts texts into frames of twelve. */
const WORD = 'twelve chars';

export type CrashUpstream = { origin: string; stop(): Promise<void> };

/** Logs into `records`, by nonce. */
export function startCrashUpstream(records: Map<number, UpstreamRecord[]>, keys: number): CrashUpstream {
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const failing = pathname.startsWith(FAILING_PREFIX);
      const found = wireAt(failing ? pathname.slice(FAILING_PREFIX.length) : pathname);
      const raw = await request.text();
      const nonce = Number(/nonce=(\d+);/.exec(raw)?.[1] ?? Number.NaN);
      if (!found || Number.isNaN(nonce)) return new Response('no such call', { status: 404 });
      const plan = planOf(nonce, keys);
      const refused = failing || plan.fate === 'refused';
      const record: UpstreamRecord = { nonce, answered: !refused, sentLast: false, frames: 0 };
      const attempts = records.get(nonce);
      if (attempts) attempts.push(record);
      else records.set(nonce, [record]);
      if (refused) return refusal(found.wire, nonce);
      return answer(found.wire, plan, { raw, record });
    },
  });
  return {
    origin: `http://127.0.0.1:${server.port}`,
    stop: () => server.stop(true),
  };
}

function refusal(wire: Wire, nonce: number): Response {
  const status = [500, 503, 400, 429][nonce % 4] ?? 500;
  return Response.json(wire.error('api_error', 'refused by plan'), { status });
}

type Exchange = { raw: string; record: UpstreamRecord };

async function answer(wire: Wire, plan: CallPlan, { raw, record }: Exchange): Promise<Response> {
  const body = JSON.parse(raw) as Record<string, unknown>;
  const asked: Asked = {
    position: record.nonce,
    model: String(body.model),
    stream: body.stream === true,
    body,
  };
  const turn: Turn = { text: WORD.repeat(plan.words), usage: { ...tokensOf(record.nonce), reasoning: 0 } };
  if (body.stream !== true) {
    await Bun.sleep(plan.gapMs);
    record.sentLast = true;
    return Response.json(wire.body(turn, asked));
  }
  const all = wire.frames(turn, asked);
  const frames = plan.fate === 'truncated' ? all.slice(0, plan.leavesAfter) : all;
  return new Response(
    paced(frames, plan.gapMs, (sent) => {
      record.frames = sent;
      record.sentLast = sent === all.length;
    }),
    { headers: { 'content-type': 'text/event-stream' } },
  );
}

/** One frame each time; `sent` hears how many there were so far. */
function paced(frames: string[], gapMs: number, sent: (frames: number) => void): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (next > 0 && gapMs > 0) await Bun.sleep(gapMs);
      const frame = frames[next++];
      if (frame !== undefined) controller.enqueue(encoder.encode(frame));
      sent(Math.min(next, frames.length));
      if (next >= frames.length) controller.close();
    },
  });
}
