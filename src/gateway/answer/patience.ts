// Keeps a client company while no provider has begun to answer, without giving up on any of them.

import { Fault, toFault } from '../../canonical/fault.ts';
import { every } from '../../lib/clock.ts';
import { type Call, leaveCall } from '../call.ts';
import { logFailure } from '../failure-log.ts';
import type { Answer } from '../gateway.ts';
import type { Watch } from '../watch.ts';

/** So long nothing at all is sent: until then a failure is still an honest status. */
const PATIENCE_MS = 8_000;

/** The answer if it has begun within eight seconds, else undefined. Rejects like the answer itself. */
export async function awaitBeginning(pending: Promise<Answer>, watch: Watch): Promise<Answer | undefined> {
  const late = Promise.withResolvers<undefined>();
  const cancel = watch.after(PATIENCE_MS, () => late.resolve(undefined));
  try {
    return await Promise.race([pending, late.promise]);
  } finally {
    cancel();
  }
}

/**
 * A stream that shows signs of life until the answer begins and is the answer from then on. Comments commit the
 * status, not the answer: the candidates go on being tried behind it, and the last one's fault becomes the format's
 * error event.
 */
export function waitingBody(pending: Promise<Answer>, call: Call): ReadableStream<Uint8Array> {
  // a failure is told in pull; until somebody reads it is nobody's unhandled rejection
  pending.catch(() => {});
  const beat = new TextEncoder().encode(call.codec.telltale.beat);
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let stopBeating: (() => void) | undefined;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (!stopBeating) {
        controller.enqueue(beat);
        stopBeating = every(PATIENCE_MS, () => {
          if ((controller.desiredSize ?? 0) > 0) controller.enqueue(beat);
        });
        return;
      }
      try {
        reader ??= bodyOf(await pending).getReader();
        stopBeating();
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (thrown) {
        stopBeating();
        const fault = toFault(thrown);
        if (!reader) logFailure(fault, call.requestId, call, { isBegun: true });
        const seen = { first: undefined, frames: 0, requestId: call.requestId };
        controller.enqueue(new TextEncoder().encode(call.codec.breakOff(fault, seen)));
        controller.close();
      }
    },
    async cancel(reason) {
      stopBeating?.();
      leaveCall(call);
      if (reader) await reader.cancel(reason);
      // an answer that begins just now has nobody to go to
      else pending.then((answer) => bodyOf(answer).cancel(reason)).catch(() => {});
    },
  });
}

function bodyOf({ body }: Answer): ReadableStream<Uint8Array> {
  if (body instanceof ReadableStream) return body;
  const whole = new Response(body as Uint8Array<ArrayBuffer>).body;
  if (!whole) throw new Fault('internal_error', 'The answer has no body.');
  return whole;
}
