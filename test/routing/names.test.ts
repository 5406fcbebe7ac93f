// Ten thousand names as clients write and miswrite them: each finds its model, or is told the nearest ones.

import { describe, expect, test } from 'bun:test';
import { Fault } from '../../src/canonical/fault.ts';
import { sameName } from '../../src/catalog/name.ts';
import { buildModelIndex, type Resolution, resolveModel } from '../../src/catalog/resolve.ts';
import { BUILT_IN_PROVIDERS } from '../../src/providers/index.ts';
import { Dice } from '../fuzz/dice.ts';
import { accepted, loadText } from '../support/config-file.ts';

const EVERY_KEY = Object.fromEntries(
  BUILT_IN_PROVIDERS.flatMap((each) => each.keyVariables.slice(0, 1).map((name) => [name, 'k'])),
);
const config = accepted(loadText('', EVERY_KEY));
const index = buildModelIndex(config);
const PER_KIND = 2_000;

type Written = { name: string; model: string; pinned: string | undefined };

/** Every name the rules of design 1.4 give a model: id and aliases, alone and behind each provider's own names. */
function writings(): Written[] {
  const found = new Map<string, Written>();
  const put = (written: Written) => {
    // the first rule that gives a name away keeps it
    const key = sameName(written.name);
    if (!found.has(key)) found.set(key, written);
  };
  const models = [...config.models.values()];
  for (const { id } of models) put({ name: id, model: id, pinned: undefined });
  for (const { id, aliases } of models)
    for (const name of aliases) put({ name, model: id, pinned: undefined });
  const pins = models.flatMap((model) =>
    model.deployments.flatMap((deployment) => {
      const provider = config.providers.get(deployment.provider);
      return provider ? [{ model, deployment, prefixes: [provider.id, ...provider.aliases] }] : [];
    }),
  );
  for (const { model, deployment, prefixes } of pins)
    for (const name of [model.id, ...model.aliases])
      for (const prefix of prefixes)
        put({ name: `${prefix}/${name}`, model: model.id, pinned: deployment.provider });
  for (const { model, deployment, prefixes } of pins)
    for (const prefix of prefixes)
      put({ name: `${prefix}/${deployment.model}`, model: model.id, pinned: deployment.provider });
  return [...found.values()];
}

const all = writings();
const known = new Set(all.map(({ name }) => sameName(name)));
const callable = all.filter(({ model }) =>
  config.models.get(model)?.deployments.some(({ provider }) => config.providers.has(provider)),
);

function tell(name: string): Resolution | Fault {
  try {
    return resolveModel(index, name);
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown;
    throw thrown;
  }
}

function mustResolve(name: string, { model, pinned }: Written): void {
  const told = tell(name);
  if (told instanceof Fault) throw new Error(`${name}: ${told.message}`);
  expect([name, told.model.id, told.pinned]).toEqual([name, model, pinned]);
  expect(told.deployments.length, name).toBeGreaterThan(0);
  if (pinned !== undefined)
    expect(new Set(told.deployments.map((each) => each.provider))).toEqual(new Set([pinned]));
}

/** What a refusal suggests; each of it must be a name that works. */
function suggestionsFor(name: string): string[] {
  const told = tell(name);
  if (!(told instanceof Fault)) throw new Error(`${name} is ${told.model.id}`);
  expect([name, told.status, told.code]).toEqual([name, 400, 'model_not_found']);
  const found = [...(told.message.split('Did you mean ')[1] ?? '').matchAll(/`([^`]+)`/g)].flatMap(
    ([, each]) => each ?? [],
  );
  const working = found.filter((each) => !(tell(each) instanceof Fault));
  return working;
}

const dice = new Dice(20261129);
const some = () => dice.pick(callable) as Written;

describe(`of ${5 * PER_KIND} names`, () => {
  test('those of the rules resolve, whatever the dots and dashes', () => {
    expect(callable.length).toBeGreaterThan(300);
    for (const written of callable) mustResolve(written.name, written);
    for (let i = 0; i < 2 * PER_KIND; i++) {
      const written = some();
      const swapped = written.name.replace(/[.-]/g, () => (dice.chance(50) ? '.' : '-'));
      mustResolve(swapped, written);
    }
  });

  test('beginnings are told the names that begin so', () => {
    for (let i = 0; i < PER_KIND; i++) {
      const { name } = some();
      const start = name.indexOf('/') + 5;
      const begun = name.slice(0, start + dice.below(Math.max(1, name.length - start)));
      // one that other providers have is told to be had without this one
      const isElsewhere = known.has(sameName(begun.slice(begun.indexOf('/') + 1)));
      if (isElsewhere) continue;
      const suggested = suggestionsFor(begun);
      expect(suggested.length, begun).toBeGreaterThan(0);
      expect(
        suggested.some((each) => sameName(each).startsWith(sameName(begun))),
        `${begun}: ${suggested}`,
      ).toBe(true);
    }
  });

  test('slips of the finger are told what was meant, or something nearer', () => {
    for (let i = 0; i < PER_KIND; i++) {
      const { name } = some();
      const slipped = slip(name);
      // with its slash elsewhere it is a name of another form
      const isSame =
        !name.includes('/') || [0, 1].some((part) => cutAtSlash(name)[part] === cutAtSlash(slipped)[part]);
      if (known.has(sameName(slipped)) || !isSame || slashes(slipped) !== slashes(name)) continue;
      const suggested = suggestionsFor(slipped);
      const nearest = Math.min(...suggested.map((each) => distance(slipped, each)));
      expect(nearest, `${slipped} (${name}): ${suggested}`).toBeLessThanOrEqual(distance(slipped, name));
    }
  });

  test('a provider that is unknown, or has it not, is told of those that have', () => {
    for (let i = 0; i < PER_KIND; i++) {
      const { name } = some();
      const bare = name.slice(name.indexOf('/') + 1);
      const odd = `${dice.one(['nowhere', 'acme', 'my-cloud'])}/${bare}`;
      if (known.has(sameName(odd)) || !known.has(sameName(bare))) continue;
      expect(suggestionsFor(odd).map(sameName), odd).toContain(sameName(bare));
    }
  });
});

const slashes = (name: string) => name.split('/').length;
const cutAtSlash = (name: string) => [name.slice(0, name.indexOf('/')), name.slice(name.indexOf('/') + 1)];

/** One letter more, less, another, or two in the wrong order, behind the first two. */
function slip(name: string): string {
  const at = 2 + dice.below(Math.max(1, name.length - 3));
  const letter = dice.one(['x', 'q', '0', '7', 'e']);
  switch (dice.below(4)) {
    case 0:
      return name.slice(0, at) + letter + name.slice(at);
    case 1:
      return name.slice(0, at) + name.slice(at + 1);
    case 2:
      return name.slice(0, at) + letter + name.slice(at + 1);
    default:
      return name.slice(0, at) + (name[at + 1] ?? '') + (name[at] ?? '') + name.slice(at + 2);
  }
}

/** Letters to insert, delete, replace or swap, worked out another way than the gateway does. */
function distance(from: string, to: string): number {
  const seen = new Map<string, number>();
  const cost = (i: number, j: number): number => {
    if (i === 0 || j === 0) return i + j;
    const key = `${i},${j}`;
    const done = seen.get(key);
    if (done !== undefined) return done;
    const same = from[i - 1] === to[j - 1] ? 0 : 1;
    let best = Math.min(cost(i - 1, j) + 1, cost(i, j - 1) + 1, cost(i - 1, j - 1) + same);
    if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1])
      best = Math.min(best, cost(i - 2, j - 2) + 1);
    seen.set(key, best);
    return best;
  };
  return cost(from.length, to.length);
}
