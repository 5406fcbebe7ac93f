// Turns the `plans` section into plans, and sees to it that each gives something one can use.

import type { Model } from '../catalog/model.ts';
import { nameMatches } from '../catalog/name.ts';
import { nearestNames } from '../lib/nearest.ts';
import { readPositiveUsd, readUsd } from './billing-section.ts';
import type { KeyLimitsConfig, Plan } from './config.ts';
import type { PlanShape } from './money-schema.ts';
import { pointerTo, type Report } from './problem.ts';
import { BODY_BYTES_MIN, BODY_WANTED, parseDuration, parseSize } from './units.ts';

/** The plans by name, in the order of the file. `models` are those a plan may name. */
export function readPlans(
  section: Record<string, PlanShape>,
  models: ReadonlyMap<string, Model>,
  report: Report,
): Map<string, Plan> {
  return new Map(
    Object.entries(section).map(([name, written]) => [name, readPlan(name, written, models, report)]),
  );
}

function readPlan(
  name: string,
  written: PlanShape,
  models: ReadonlyMap<string, Model>,
  report: Report,
): Plan {
  const pointer = pointerTo('plans', name);
  const at: Report = (path, message, about) => report(`${pointer}${path}`, message, about);
  const { credit, days, quota } = written;
  if (credit === undefined && days === undefined) {
    at('', 'gives nothing; write `credit:` for a balance or `days:` for a time of use', 'name');
  }
  if (credit !== undefined && days !== undefined) {
    at('/days', 'does not go with `credit`: a plan gives either a balance or a time of use; remove one');
  }
  if (quota !== undefined && days === undefined) {
    at('/quota', 'is for plans with `days`; what a plan with `credit` may use is its credit');
  }
  const plan: Plan = {
    name,
    priceNano: readUsd(written.price, 0n, `${pointer}/price`, report),
    limits: readPlanLimits(written, pointer, report),
  };
  if (credit !== undefined) plan.creditNano = readUsd(credit, 0n, `${pointer}/credit`, report);
  if (days !== undefined) plan.days = days;
  if (quota !== undefined) plan.quotaNano = readPositiveUsd(quota, `${pointer}/quota`, report);
  if (written.models !== undefined) plan.models = readModelNames(written.models, pointer, models, report);
  return plan;
}

function readPlanLimits(written: PlanShape, pointer: string, report: Report): KeyLimitsConfig {
  const limits: KeyLimitsConfig = {};
  if (written.requests_per_minute !== undefined) limits.requestsPerMinute = written.requests_per_minute;
  if (written.concurrent !== undefined) limits.concurrent = written.concurrent;
  if (written.tokens_per_minute !== undefined) limits.tokensPerMinute = written.tokens_per_minute;
  if (written.usd_per_minute !== undefined) {
    limits.nanoPerMinute = readPositiveUsd(written.usd_per_minute, `${pointer}/usd_per_minute`, report);
  }
  if (written.max_body !== undefined) {
    const bytes = parseSize(written.max_body) ?? 0;
    if (bytes < BODY_BYTES_MIN) report(`${pointer}/max_body`, BODY_WANTED);
    limits.maxBodyBytes = bytes;
  }
  if (written.request_timeout !== undefined) {
    const timeoutMs = parseDuration(written.request_timeout) ?? 0;
    const wanted = 'must be a duration above zero such as `30s`, `5m` or `1h` (a plain number is seconds)';
    if (timeoutMs <= 0) report(`${pointer}/request_timeout`, wanted);
    limits.requestTimeoutMs = timeoutMs;
  }
  return limits;
}

function readModelNames(
  written: (string | undefined)[],
  pointer: string,
  models: ReadonlyMap<string, Model>,
  report: Report,
): string[] {
  const names = [...models.values()].flatMap((model) => [model.id, ...model.aliases]);
  return written.flatMap((pattern, index) => {
    if (pattern === undefined) return [];
    if (!names.some((name) => nameMatches(pattern, name))) {
      const [near] = nearestNames(pattern, names, 1);
      const hint = near === undefined ? '`osiris models --all` lists them' : `did you mean \`${near}\`?`;
      report(`${pointer}/models/${index}`, `names no model; ${hint}`);
    }
    return [pattern];
  });
}
