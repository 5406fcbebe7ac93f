// A law: a property that holds for every case, and mutants on which it must fail.

import fc from 'fast-check';

/** `property` counts as one run; a mutant is the same law about something that breaks it. */
export type Law = {
  name: string;
  property(): Property;
  /** A known breach that is still open, in one sentence: the law must fail until it is mended. */
  breach?: string;
  mutants: Mutant[];
};

/** `complaint` is what the law says of it; a mutant that fails for any other reason shows nothing. */
export type Mutant = { name: string; complaint: RegExp; property(): Property };

type Property = fc.IProperty<unknown> | fc.IAsyncProperty<unknown>;

/** Runs of each law; `LAWS_RUNS` asks for another number. */
export const RUNS = Number(Bun.env.LAWS_RUNS ?? 500);

/** Where the suite begins to draw, so that what passes once passes again; `bun run laws` draws by chance. */
export const SUITE_SEED = 20_260_101;

/** Rejects with what the smallest counterexample threw, and how to see it again. */
export async function uphold(law: Law, runs = RUNS, seed?: number, round = 0): Promise<void> {
  const found = await fc.check(law.property(), {
    numRuns: runs,
    ...(seed === undefined ? {} : { seed: seed + round }),
    ...asked(round),
  });
  if (!found.failed) return;
  const again = `LAWS_SEED=${found.seed} LAWS_PATH=${found.counterexamplePath}`;
  throw new Error(`fails after ${found.numRuns} runs (${again})\n${String(found.errorInstance)}`);
}

/**
 * What the law says of a mutant, the first line of it: behind that stand the inputs, which hold words of any kind.
 * Undefined when no run breaks the law; what broke it is not shrunk.
 */
export async function complaintOf(mutant: Mutant, runs = RUNS): Promise<string | undefined> {
  const found = await fc.check(mutant.property(), { numRuns: runs, endOnFailure: true, seed: SUITE_SEED });
  return found.failed ? String(found.errorInstance).split('\n')[0] : undefined;
}

/** The members in which two values that are written alike differ. */
export function differing(left: object, right: object): string[] {
  const [a, b] = [left, right].map((one) => new Map(Object.entries(one)));
  const names = new Set([...(a?.keys() ?? []), ...(b?.keys() ?? [])]);
  return [...names].filter((name) => JSON.stringify(a?.get(name)) !== JSON.stringify(b?.get(name)));
}

/** The case that the environment asks to see again; without a path, each round after it draws others. */
function asked(round: number): { seed?: number; path?: string } {
  const { LAWS_SEED, LAWS_PATH } = Bun.env;
  return {
    ...(LAWS_SEED === undefined ? {} : { seed: Number(LAWS_SEED) + (LAWS_PATH === undefined ? round : 0) }),
    ...(LAWS_PATH === undefined ? {} : { path: LAWS_PATH }),
  };
}
