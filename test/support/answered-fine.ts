// A test file's own server before a strict upstream of every format that answers "fine", ended when the file is.

import { afterAll, beforeEach, expect } from 'bun:test';
import { type FormatsHere, openFormats } from './formats-here.ts';
import type { Json } from './strict.ts';
import { startUpstream, type Upstream } from './upstream.ts';

export type AnsweredFine = {
  here: FormatsHere;
  upstream: Upstream;
  /** The body that the upstream got last, or at this position; it refused nothing so far. */
  sent(position?: number): Json;
};

/** Before each test the upstream gets eight answers to give. */
export async function openAnsweredFine(): Promise<AnsweredFine> {
  const upstream = startUpstream();
  const here = await openFormats(upstream.origin);
  afterAll(async () => {
    await here.stop();
    await upstream.stop();
  });
  beforeEach(() => upstream.play(Array.from({ length: 8 }, () => ({ text: 'fine' }))));
  return {
    here,
    upstream,
    sent(position = upstream.received.length - 1) {
      expect(upstream.breaches()).toEqual([]);
      return upstream.received[position]?.body ?? {};
    },
  };
}
