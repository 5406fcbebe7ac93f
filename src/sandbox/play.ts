// Plays a script to a client: as a stream that can be stopped at any moment, or as one whole answer.

import type { StreamEvent } from '../canonical/event.ts';
import type { Fault } from '../canonical/fault.ts';
import { Fold } from '../canonical/fold.ts';
import type { CanonicalResponse } from '../canonical/response.ts';
import type { ScriptItem } from './script.ts';

/** Resolves after so many milliseconds, or at once when the signal is aborted. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

export type Script = Iterator<ScriptItem, void, undefined>;

export type StreamParts = {
  encode: (event: StreamEvent) => string;
  /** A frame of the format whose JSON is broken. */
  garbage: string;
  wait: Wait;
  signal: AbortSignal;
};

/**
 * The script as the body of a stream, one frame for each read: nothing is made that nobody asked for. An abort
 * fails the body at once, a cancel ends it; either way the script is closed.
 */
export function streamBody(script: Script, parts: StreamParts): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { encode, garbage, wait, signal } = parts;
  const utf8 = new TextEncoder();
  const left = new AbortController();
  const stopped = AbortSignal.any([signal, left.signal]);
  let open = true;
  const close = () => {
    if (!open) return false;
    open = false;
    signal.removeEventListener('abort', abort);
    script.return?.();
    return true;
  };
  const write = (event: StreamEvent) => {
    try {
      return encode(event);
    } catch (thrown) {
      close();
      throw thrown;
    }
  };
  let abort = () => {};
  return new ReadableStream(
    {
      start(controller) {
        abort = () => {
          if (close()) controller.error(signal.reason);
        };
        if (signal.aborted) abort();
        else signal.addEventListener('abort', abort, { once: true });
      },
      async pull(controller) {
        while (open) {
          const { value: item, done } = script.next();
          if (done || item.type === 'cut') {
            if (close()) controller.close();
            return;
          }
          if (item.type === 'wait') {
            await wait(item.waitMs, stopped);
            continue;
          }
          const text = item.type === 'garbage' ? garbage : write(item);
          if (text === '') continue;
          controller.enqueue(utf8.encode(text));
          return;
        }
      },
      cancel() {
        left.abort();
        close();
      },
    },
    { highWaterMark: 0 },
  );
}

/** How a script ends that is played as a whole; `broken` answers must not arrive as good JSON. */
export type Played = { response: CanonicalResponse; fault: Fault | undefined; broken: boolean };

/** Plays the whole script; rejects with the signal's reason when aborted. */
export async function playWhole(script: Script, wait: Wait, signal: AbortSignal): Promise<Played> {
  const fold = new Fold();
  let broken = false;
  try {
    for (let step = script.next(); !step.done; step = script.next()) {
      signal.throwIfAborted();
      const item = step.value;
      if (item.type === 'wait') await wait(item.waitMs, signal);
      else if (item.type === 'cut' || item.type === 'garbage') broken = true;
      else fold.push(item);
    }
    signal.throwIfAborted();
  } finally {
    script.return?.();
  }
  return { response: fold.response(), fault: fold.fault, broken };
}
