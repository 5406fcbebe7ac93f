// Every surface of the official libraries over every upstream format: good, cut short, limited once, broken.

import { describe, expect, test } from 'bun:test';
import { DIRECT, FORMATS, scriptedStage } from '../support/matrix.ts';
import type { Turn, WireFormat } from '../support/script.ts';
import { AI_SURFACES } from '../support/surfaces/ai-sdk.ts';
import { ANTHROPIC_SURFACES } from '../support/surfaces/anthropic.ts';
import { FRAMEWORK_SURFACES } from '../support/surfaces/frameworks.ts';
import { GOOGLE_SURFACES } from '../support/surfaces/google.ts';
import { OPENAI_CHAT_SURFACES } from '../support/surfaces/openai-chat.ts';
import { OPENAI_RESPONSES_SURFACES } from '../support/surfaces/openai-responses.ts';
import { type Surface, TASKS } from '../support/surfaces/surface.ts';

const OFFICIAL = [
  ...OPENAI_CHAT_SURFACES,
  ...OPENAI_RESPONSES_SURFACES,
  ...ANTHROPIC_SURFACES,
  ...AI_SURFACES,
];
const SURFACES = [...OFFICIAL, ...FRAMEWORK_SURFACES, ...GOOGLE_SURFACES];

/** A cell that has not ended by then hangs. */
const CELL_TIMEOUT_MS = 20_000;

const { upstream, target } = scriptedStage();

type Condition = {
  name: string;
  /** What the provider does in place of the good turns. */
  spoil(turns: readonly Turn[]): Turn[];
  retries: number;
  /** Requests that reach the provider, beyond one for each good turn. */
  extra: number;
  fails: boolean;
};

const LIMITED: Turn = {
  error: { status: 429, type: 'rate_limit_error', message: 'slow down', headers: { 'retry-after': '1' } },
};

const CONDITIONS: Condition[] = [
  { name: 'good', spoil: (turns) => [...turns], retries: 0, extra: 0, fails: false },
  { name: 'truncated', spoil: lastTurn({ halfway: 'end' }), retries: 0, extra: 0, fails: true },
  { name: '429 once', spoil: (turns) => [LIMITED, ...turns], retries: 1, extra: 1, fails: false },
  { name: 'error in mid-stream', spoil: lastTurn({ halfway: 'error' }), retries: 0, extra: 0, fails: true },
];

/** The answer the caller waits for is the last one: what came before it must not pass for it. */
function lastTurn(more: Partial<Turn>): Condition['spoil'] {
  return (turns) => turns.map((turn, at) => (at === turns.length - 1 ? { ...turn, ...more } : turn));
}

test('there are 36 surfaces of the official libraries, each of another name', () => {
  expect(OFFICIAL).toHaveLength(36);
  expect(new Set(SURFACES.map(({ name }) => name)).size).toBe(SURFACES.length);
});

let scenes = 0;

for (const surface of SURFACES) {
  describe.skipIf(DIRECT)(surface.name, () => {
    for (const format of FORMATS) {
      for (const condition of CONDITIONS) {
        const title = `over ${format}: ${condition.name}`;
        test.concurrent(title, () => playCell(surface, format, condition), CELL_TIMEOUT_MS);
      }
    }
  });
}

async function playCell(surface: Surface, format: WireFormat, condition: Condition): Promise<void> {
  scenes += 1;
  const mark = `scene-${scenes}`;
  const { turns, gives } = TASKS[surface.task];
  const scene = upstream.scene(mark);
  scene.play(condition.spoil(turns));
  const job = {
    target: target(format),
    prompt: `What will the weather be? (${mark})`,
    retries: condition.retries,
  };
  const [outcome] = await Promise.allSettled([surface.use(job)]);
  expect(scene.breaches().filter((breach) => !breach.startsWith('thread'))).toEqual([]);
  if (!condition.fails) {
    if (outcome.status === 'rejected') throw outcome.reason;
    expect(outcome.value).toEqual(gives);
  } else {
    if (outcome.status === 'fulfilled')
      throw new Error(`a part passed for the whole: ${JSON.stringify(outcome.value)?.slice(0, 200)}`);
    expect(wordsOf(outcome.reason)).toMatch(/overloaded|provider/i);
  }
  expect(scene.turnsTaken().map((turn) => turn.format)).toEqual(
    Array.from({ length: turns.length + condition.extra }, () => format),
  );
}

/** What a reader of the failure sees: the libraries throw errors, the AI SDK hands out some as plain values. */
function wordsOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : JSON.stringify(failure);
}
