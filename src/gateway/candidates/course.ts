// The places a call may be sent to, in the order they are tried, with the models that stand in for its own.

import { ratesFor } from '../../billing/rates.ts';
import { Fault } from '../../canonical/fault.ts';
import { isModelAllowed } from '../../catalog/list.ts';
import type { Model } from '../../catalog/model.ts';
import { sameName } from '../../catalog/name.ts';
import { priceAt } from '../../catalog/price.ts';
import type { ModelIndex, Resolution } from '../../catalog/resolve.ts';
import { hasTags } from '../../catalog/tags.ts';
import type { Config } from '../../config/config.ts';
import { randomFraction } from '../../lib/id.ts';
import { inOrder, type Standing } from '../../routing/order.ts';
import type { Call } from '../call.ts';
import type { Fitness, Health } from '../health/health.ts';
import { type Pauses, pausedFault } from '../health/pauses.ts';
import { type Candidate, everyCandidate, formatsOf } from './candidate.ts';
import type { Conversations } from './conversations.ts';
import { refuseSearch, searches } from './search.ts';

export type StopPorts = {
  config: Pick<Config, 'providers' | 'routing'>;
  models: ModelIndex;
  pauses: Pauses;
};

export type CoursePorts = StopPorts & {
  config: Pick<Config, 'billing'>;
  health: Health;
  conversations: Conversations;
};

/** A candidate, and the model it would answer as: the one that was asked for, or one that stands in for it. */
export type Stop = { model: Model; resolution: Resolution; candidate: Candidate; isFallback: boolean };

/** Why a stop is left out for this call. */
export type Obstacle = 'paused' | 'tags' | 'models' | 'search' | 'price';

/** A stop as seen from now: `obstacle` says that it is not tried, `fitness` `ill` that it is one of the last. */
export type Prospect = Stop & { obstacle: Obstacle | undefined; fitness: Fitness; standing: Standing };

/**
 * Where the call is sent, first choice first; never empty. Its own model before those that stand in, and what is known
 * to fail after everything else. Throws Fault when the key or the request rules all of them out.
 */
export function courseOf(call: Call, ports: CoursePorts): readonly Stop[] {
  const { health, config } = ports;
  const every = stopsOf(call.resolution, ports);
  // what is no answer is compared with what the same model made before
  const all = call.codec.makes === undefined ? every : every.filter(isOwn);
  const isPlain = ports.pauses.isEmpty && isUnrestricted(call);
  if (isPlain && (all.length === 1 || (health.isCalm && config.routing.strategy === 'priority'))) {
    if (all.length === 0) throw nobodyFault();
    return all;
  }
  const open = isPlain ? all : all.filter((stop) => obstacleOf(stop, call, ports) === undefined);
  if (open.length === 0) refusePausedStop(all, ports);
  if (call.extras?.webSearch && all.some(isOwn) && !open.some(isOwn)) refuseSearch(call, ports.models);
  if (open.length === 0) throw nobodyFault();
  return arranged(
    open.map((stop) => prospectOf(stop, call, ports)),
    call,
    ports,
  );
}

function isOwn({ isFallback }: Stop): boolean {
  return !isFallback;
}

/** What the client is told when there is nobody to ask. */
export function nobodyFault(): Fault {
  return new Fault('no_provider', 'No provider of this model is set up.', { param: 'model' });
}

/** Throws Fault `paused` when the operator has paused everything that could answer. */
export function refusePaused(resolution: Resolution, ports: StopPorts): void {
  const { pauses } = ports;
  if (pauses.isEmpty) return;
  if (pauses.ofServer) throw pausedFault(pauses.ofServer);
  const stops = stopsOf(resolution, ports);
  const [pause, ...others] = stops.map(({ candidate, model }) => pauses.of(candidate, model));
  if (pause && others.every((other) => other !== undefined)) throw pausedFault(pause);
}

/** The same for a call that nobody is left for, one of them because of a pause. */
function refusePausedStop(stops: readonly Stop[], { pauses }: StopPorts): void {
  if (pauses.isEmpty) return;
  for (const { candidate, model } of stops) {
    const pause = pauses.of(candidate, model);
    if (pause) throw pausedFault(pause);
  }
}

/** All stops with what speaks for and against them, in the order they would be tried now. Changes nothing. */
export function prospectsOf(call: Call, ports: CoursePorts): Prospect[] {
  return arranged(
    stopsOf(call.resolution, ports).map((stop) => prospectOf(stop, call, ports)),
    call,
    ports,
  );
}

/** Every deployment of the model and of those that stand in for it. Made once per configuration. */
function stopsOf(resolution: Resolution, ports: StopPorts): readonly Stop[] {
  const known = lists.get(resolution);
  if (known) return known;
  const { config, models } = ports;
  const { model, pinned } = resolution;
  const stops = everyCandidate(resolution, config.providers).map(
    (candidate): Stop => ({ model, resolution, candidate, isFallback: false }),
  );
  // who names a provider wants that one
  const others = pinned === undefined ? config.routing.fallbacks.get(model.id) : undefined;
  for (const id of others ?? []) {
    const other = models.byName.get(sameName(id));
    if (!other) continue;
    for (const candidate of everyCandidate(other, config.providers))
      stops.push({ model: other.model, resolution: other, candidate, isFallback: true });
  }
  lists.set(resolution, stops);
  return stops;
}

const lists = new WeakMap<Resolution, readonly Stop[]>();

/** Nothing in the key or the request can rule out a stop; prices and models of fallbacks are looked at in turn. */
function isUnrestricted({ key, extras }: Call): boolean {
  return key.requireTags === undefined && key.models === undefined && !extras?.webSearch;
}

function obstacleOf(
  stop: Stop,
  { key, extras, startedMs }: Call,
  { pauses }: StopPorts,
): Obstacle | undefined {
  const { deployment, provider } = stop.candidate;
  if (!pauses.isEmpty && pauses.of(stop.candidate, stop.model)) return 'paused';
  if (!hasTags(deployment, provider, key.requireTags)) return 'tags';
  if (extras?.webSearch && !searches(stop.model, stop.candidate)) return 'search';
  if (!stop.isFallback) return undefined;
  if (!isModelAllowed(stop.model, key.models)) return 'models';
  return priceAt(stop.model, startedMs) === undefined ? 'price' : undefined;
}

function prospectOf(stop: Stop, call: Call, ports: CoursePorts): Prospect {
  const { candidate } = stop;
  return {
    ...stop,
    obstacle: obstacleOf(stop, call, ports),
    fitness: ports.health.fitnessOf(candidate),
    standing: {
      weight: candidate.deployment.weight,
      cost: costOf(stop, call, ports),
      firstTokenMs: ports.health.firstTokenMs(candidate),
      open: ports.health.callsOpen(candidate),
      speaksOwn: formatsOf(candidate).includes(call.codec.id),
      draw: randomFraction(),
    },
  };
}

/** What the call is likely to cost us there, in picodollars. */
function costOf({ model, candidate }: Stop, call: Call, { config }: CoursePorts): number {
  const price = priceAt(model, call.startedMs);
  const { input, output } =
    candidate.deployment.cost ?? (price ? ratesFor(price, call.promptTokens, undefined) : FREE);
  return call.promptTokens * input + config.billing.expectedOutputTokens * output;
}

const FREE = { input: 0, output: 0 };

/** Model by model, and within each by strategy; the ill ones behind all others, the ruled out ones last. */
function arranged(prospects: readonly Prospect[], call: Call, ports: CoursePorts): Prospect[] {
  const { strategy } = ports.config.routing;
  const byModel = Map.groupBy(prospects, ({ model }) => model);
  const ordered = [...byModel.values()].flatMap((group) => {
    const ranked = inOrder(
      strategy,
      group.map((prospect) => ({ ...prospect.standing, prospect })),
    ).map(({ prospect }) => prospect);
    const last = strategy === 'priority' ? undefined : ports.conversations.candidateOf(call, ranked);
    return last === undefined ? ranked : [last, ...ranked.filter((each) => each !== last)];
  });
  return [0, 1, 2].flatMap((place) => ordered.filter((prospect) => placeOf(prospect) === place));
}

function placeOf({ obstacle, fitness }: Prospect): 0 | 1 | 2 {
  if (obstacle !== undefined) return 2;
  return fitness === 'ill' ? 1 : 0;
}
