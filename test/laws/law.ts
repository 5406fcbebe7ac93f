// A law: a property that holds for every case, and mutants on which it must fail.

import fc from 'fast-check';

/** `property` counts as one run; a mutant is the same law about something that breaks it. */
export type Law = {
  name: string;
  property(): Property;
  /** A known breach that is still open, in one sentence: the law must fail until it is mended. */
  breach?: string;
  mutants: { name: string; property(): Property }[];
};

type Property = fc.IProperty<unknown> | fc.IAsyncProperty<unknown>;

/** Runs of each law; `LAWS_RUNS` asks for another number. */
export const RUNS = Number(Bun.env.LAWS_RUNS ?? 500);

/** Where the suite begins to draw, so that what passes once passes again; `bun run laws` draws by chance. */
export const SUITE_SEED = 20_260_101;

/** Rejects with what the smallest counterexample threw, and how to see it again. */
export async function uphold(law: Law, runs = RUNS, seed?: number): Promise<void> {
  const found = await fc.check(law.property(), {
    numRuns: runs,
    ...(seed === undefined ? {} : { seed }),
    ...asked(),
  });
  if (!found.failed) return;
  const again = `LAWS_SEED=${found.seed} LAWS_PATH=${found.counterexamplePath}`;
  throw new Error(`fails after ${found.numRuns} runs (${again})\n${String(found.errorInstance)}`);
}

/** True when some run breaks the law; what broke it is not shrunk. */
export async function breaks(mutant: { property(): Property }, runs = RUNS): Promise<boolean> {
  const found = await fc.check(mutant.property(), { numRuns: runs, endOnFailure: true, seed: SUITE_SEED });
  return found.failed;
}

/** The case that the environment asks to see again. */
function asked(): { seed?: number; path?: string } {
  const { LAWS_SEED, LAWS_PATH } = Bun.env;
  return {
    ...(LAWS_SEED === undefined ? {} : { seed: Number(LAWS_SEED) }),
    ...(LAWS_PATH === undefined ? {} : { path: LAWS_PATH }),
  };
}
