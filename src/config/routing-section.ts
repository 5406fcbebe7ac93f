// Turns the `routing` section into its configuration, every model it names checked.

import type { Model } from '../catalog/model.ts';
import { sameName } from '../catalog/name.ts';
import { nearestNames } from '../lib/nearest.ts';
import type { RoutingConfig } from './config.ts';
import { readTokenPrice } from './price-entry.ts';
import { pointerTo, type Report } from './problem.ts';
import type { RoutingShape } from './routing-schema.ts';
import { parseDuration } from './units.ts';

const COOLDOWN_MS = 30_000;
const COOLDOWN_MS_MAX = 3_600_000;
const ATTEMPT_MS_MIN = 1000;

export function readRouting(
  section: RoutingShape,
  models: ReadonlyMap<string, Model>,
  report: Report,
): RoutingConfig {
  const cooldownMs = section.cooldown === undefined ? COOLDOWN_MS : (parseDuration(section.cooldown) ?? 0);
  if (cooldownMs < 1 || cooldownMs > COOLDOWN_MS_MAX)
    report('/routing/cooldown', 'must be a duration from `1ms` to `1h` such as `30s`');
  const attemptTimeoutMs =
    section.attempt_timeout === undefined ? undefined : (parseDuration(section.attempt_timeout) ?? 0);
  if (attemptTimeoutMs !== undefined && attemptTimeoutMs < ATTEMPT_MS_MIN)
    report('/routing/attempt_timeout', 'must be a duration of at least a second such as `60s`');
  return {
    strategy: section.strategy ?? 'priority',
    retries: section.retries ?? 2,
    cooldownMs,
    ...(attemptTimeoutMs === undefined ? {} : { attemptTimeoutMs }),
    fallbacks: readFallbacks(section.fallbacks ?? {}, models, report),
    fallbackOn: section.fallback_on?.filter((each) => each !== undefined) ?? ['context_length'],
  };
}

function readFallbacks(
  section: Record<string, (string | undefined)[]>,
  models: ReadonlyMap<string, Model>,
  report: Report,
): Map<string, string[]> {
  const ids = idsByName(models);
  const find = (name: string, pointer: string, about: 'name' | 'value'): string | undefined => {
    const id = ids.get(sameName(name));
    if (id !== undefined) return id;
    const near = nearestNames(name, ids.values(), 1)[0];
    const hint = near === undefined ? '`osiris models --all` lists them' : `did you mean \`${near}\`?`;
    report(pointer, `names no model; ${hint}`, about);
    return undefined;
  };
  const fallbacks = new Map<string, string[]>();
  for (const [name, others] of Object.entries(section)) {
    const pointer = pointerTo('routing', 'fallbacks', name);
    const id = find(name, pointer, 'name');
    const found = others.map((other, index) => other && find(other, `${pointer}/${index}`, 'value'));
    if (id === undefined) continue;
    if (fallbacks.has(id))
      report(pointer, `is the same model as another one here, \`${id}\`; keep one`, 'name');
    const itself = found.indexOf(id);
    if (itself >= 0) report(`${pointer}/${itself}`, 'is the model itself; name another one');
    fallbacks.set(id, [...new Set(found.filter((each) => each !== undefined))]);
  }
  return fallbacks;
}

function idsByName(models: ReadonlyMap<string, Model>): Map<string, string> {
  const ids = new Map<string, string>();
  for (const { id, aliases } of models.values()) for (const alias of aliases) ids.set(sameName(alias), id);
  for (const { id } of models.values()) ids.set(sameName(id), id);
  return ids;
}

/** The member a provider or a deployment gets from its tags. */
export function readTags(written: (string | undefined)[] | undefined): { tags?: string[] } {
  if (written === undefined) return {};
  return { tags: [...new Set(written.filter((each) => each !== undefined))] };
}

/** The member a deployment gets from its cost. */
export function readCost(
  written: { input: string | number; output: string | number } | undefined,
  pointer: string,
  report: Report,
): { cost?: { input: number; output: number } } {
  if (written === undefined) return {};
  const read = (member: 'input' | 'output'): number =>
    readTokenPrice(written[member], `${pointer}/${member}`, report);
  return { cost: { input: read('input'), output: read('output') } };
}
