// The program over a raw upstream, from before the tests of a file until after them.

import { afterAll, beforeAll } from 'bun:test';
import { openStage, type Stage } from './matrix.ts';
import { type RawAnswer, type RawUpstream, rawUpstream } from './raw-upstream.ts';

/** The answers may be changed while it runs. */
export function rawStage(answers: RawAnswer[]): { stage: Stage; upstream: RawUpstream } {
  const on = {} as { stage: Stage; upstream: RawUpstream };
  beforeAll(async () => {
    on.upstream = await rawUpstream(answers);
    on.stage = await openStage(`http://127.0.0.1:${on.upstream.port}`);
  }, 120_000);
  afterAll(async () => {
    await (on.stage as Stage | undefined)?.close();
    on.upstream.stop();
  });
  return on;
}
