// Finds the model behind the name a client wrote, and the deployments that can be called for it.

import { Fault } from '../canonical/fault.ts';
import { formatTime, nowMs } from '../lib/clock.ts';
import { log } from '../lib/log.ts';
import { nearestNames } from '../lib/nearest.ts';
import type { Provider, ProviderDeclaration } from '../providers/provider.ts';
import type { Deployment, Model } from './model.ts';
import { sameName } from './name.ts';
import { priceAt, pricesOf } from './price.ts';

export type Resolution = {
  model: Model;
  /** Only callable ones, in the order they are listed; empty only where other models stand in. */
  deployments: readonly Deployment[];
  /** The provider the client asked for with `provider/model`; undefined when any may answer. */
  pinned: string | undefined;
};

/** Every spelling that resolves, ready to be looked up. Made once per configuration. */
export type ModelIndex = {
  byName: ReadonlyMap<string, Resolution>;
  models: ReadonlyMap<string, Model>;
  providers: ReadonlyMap<string, Provider>;
  /** Providers that exist but are not set up here. */
  absent: readonly ProviderDeclaration[];
  /** Ids of the models that stand in for one, by its id. */
  standIns: ReadonlyMap<string, readonly string[]>;
};

type Source = {
  models: ReadonlyMap<string, Model>;
  providers: ReadonlyMap<string, Provider>;
  absentProviders?: ReadonlyMap<string, ProviderDeclaration>;
  routing?: { fallbacks: ReadonlyMap<string, readonly string[]> };
};

/** Lays out every spelling of every model: ids first, then aliases, then `provider/name`; the first one wins. */
export function buildModelIndex(source: Source): ModelIndex {
  const { models, providers } = source;
  const byName = new Map<string, Resolution>();
  const put = (name: string, resolution: Resolution): void => {
    const key = sameName(name);
    if (!byName.has(key)) byName.set(key, resolution);
  };
  const whole = [...models.values()].map((model) => ({
    model,
    deployments: model.deployments.filter((deployment) => providers.has(deployment.provider)),
    pinned: undefined,
  }));
  const pins = whole.flatMap(pinsOf).map((pin) => ({ pin, prefixes: prefixesOf(providers, pin.pinned) }));
  for (const resolution of whole) put(resolution.model.id, resolution);
  for (const resolution of whole) for (const alias of resolution.model.aliases) put(alias, resolution);
  // Our own names before the vendor's: `openrouter/x` is our model x even where the vendor has another x.
  for (const { pin, prefixes } of pins) {
    for (const name of [pin.model.id, ...pin.model.aliases]) {
      for (const prefix of prefixes) put(`${prefix}/${name}`, pin);
    }
  }
  for (const { pin, prefixes } of pins) {
    for (const deployment of pin.deployments) {
      for (const prefix of prefixes) put(`${prefix}/${deployment.model}`, pin);
    }
  }
  const absent = [...(source.absentProviders?.values() ?? [])];
  return { byName, models, providers, absent, standIns: source.routing?.fallbacks ?? new Map() };
}

/** The model of any spelling, sold or not. */
export function modelNamed(index: ModelIndex, name: string): Model | undefined {
  return index.byName.get(sameName(name))?.model;
}

/**
 * The model and its callable deployments for the name a client wrote: an id, an alias, `provider/model`, with dots
 * and dashes as the client likes. A model that nobody set up here runs will do when another one that is run stands in
 * for it. Throws Fault `model_not_found` or `no_provider`, saying what to write or set.
 */
export function resolveModel(index: ModelIndex, name: string, atMs = nowMs()): Resolution {
  const found = index.byName.get(sameName(name));
  if (found === undefined) throw explainUnknown(index, name);
  if (priceAt(found.model, atMs) === undefined) throw explainUnpriced(found.model);
  if (found.deployments.length === 0 && !hasStandIn(index, found.model, atMs))
    throw explainUncallable(index, found.model);
  return found;
}

function hasStandIn({ standIns, byName }: ModelIndex, { id }: Model, atMs: number): boolean {
  return (standIns.get(id) ?? []).some((other) => {
    const found = byName.get(sameName(other));
    return found !== undefined && found.deployments.length > 0 && priceAt(found.model, atMs) !== undefined;
  });
}

/** One resolution for each provider that has the model, with only its own deployments. */
function pinsOf({ model, deployments }: Resolution): (Resolution & { pinned: string })[] {
  const providers = [...new Set(deployments.map((deployment) => deployment.provider))];
  return providers.map((pinned) => ({
    model,
    deployments: deployments.filter((deployment) => deployment.provider === pinned),
    pinned,
  }));
}

function prefixesOf(providers: ReadonlyMap<string, Provider>, id: string): string[] {
  return [id, ...(providers.get(id)?.aliases ?? [])];
}

function explainUnknown(index: ModelIndex, name: string): Fault {
  const slash = name.indexOf('/');
  if (slash > 0) {
    const explained = explainPin(index, name.slice(0, slash), name.slice(slash + 1));
    if (explained !== undefined) return explained;
  }
  return notFound(`There is no model \`${cut(name)}\`.${suggestAnywhere(index, name)}`);
}

/** A name behind the name of no provider: the provider may be misspelt, or superfluous. */
function suggestAnywhere(index: ModelIndex, name: string): string {
  const rest = name.slice(name.indexOf('/') + 1);
  if (rest === name) return suggest(servableNames(index), name);
  const providers = [...index.providers.values()].flatMap(({ id, aliases }) => [id, ...aliases]);
  const pinned = nearestNames(name.slice(0, -rest.length - 1), providers).map(
    (prefix) => `${prefix}/${rest}`,
  );
  const written = [...pinned, rest].filter((each) => index.byName.has(sameName(each)));
  if (written.length > 0) return didYouMean(written.slice(0, 3));
  const whole = suggest(servableNames(index), name);
  return whole === NO_ADVICE ? suggest(servableNames(index), rest) : whole;
}

/** Why `provider/model` did not resolve, when its first part does name a provider. */
function explainPin(index: ModelIndex, prefix: string, rest: string): Fault | undefined {
  const named = (each: Provider | ProviderDeclaration): boolean =>
    each.id === prefix || each.aliases.includes(prefix);
  const provider = [...index.providers.values()].find(named);
  if (provider === undefined) {
    const absent = index.absent.find(named);
    if (absent === undefined) return undefined;
    const message = `The provider \`${absent.id}\` is not set up here: ${howToSetUp(index, [absent.id])}.`;
    return new Fault('no_provider', message, { param: 'model' });
  }
  const elsewhere = index.byName.get(sameName(rest))?.model;
  if (elsewhere !== undefined && !elsewhere.deployments.some((each) => each.provider === provider.id)) {
    return notFound(
      `The model \`${cut(elsewhere.id)}\` is not offered at \`${provider.id}\`. Write it without \`${prefix}/\` to use any provider that has it.`,
    );
  }
  const own = [...index.models.values()].flatMap(({ deployments }) =>
    deployments.filter((each) => each.provider === provider.id).map((each) => each.model),
  );
  const names = servableNames(index, provider.id).map((name) => name.replace(`${provider.id}/`, ''));
  const offered = [...new Set([...names, ...own])].filter((each) =>
    index.byName.has(sameName(`${prefix}/${each}`)),
  );
  const near = suggest(offered, rest, `${prefix}/`);
  return notFound(
    `There is no model \`${cut(rest)}\` at \`${provider.id}\`.${near} The operator can add it under \`models\` with a price and a deployment.`,
  );
}

/** Models whose missing price the log has told of. */
const toldOf = new WeakSet<Model>();

/** The client learns that the model is not to be had; why is the operator's business, told once in the log. */
function explainUnpriced(model: Model): Fault {
  const reason = whyUnpriced(model);
  if (!toldOf.has(model)) log.warn('a model is asked for and not served', { model: model.id, reason });
  toldOf.add(model);
  return new Fault(
    'model_not_found',
    `The model \`${cut(model.id)}\` is not offered here. GET /v1/models lists what you may use.`,
    { param: 'model', cause: new Error(reason) },
  );
}

/** What the operator has to do about a model without a price in force. */
export function whyUnpriced(model: Model): string {
  const [first] = pricesOf(model);
  const set = `set \`models.${model.id}.price\` in the configuration file, with 0 for a free model`;
  if (first?.fromMs === undefined) return `has no price; ${set}`;
  return `has no price before ${formatTime(first.fromMs)}; to serve it now, ${set}`;
}

function explainUncallable(index: ModelIndex, model: Model): Fault {
  const providers = [...new Set(model.deployments.map((deployment) => deployment.provider))];
  return new Fault(
    'no_provider',
    `No provider of the model \`${cut(model.id)}\` is set up here: ${howToSetUp(index, providers)}.`,
    { param: 'model' },
  );
}

function howToSetUp(index: ModelIndex, providerIds: string[]): string {
  const ways = providerIds.map((id) => {
    const variable = index.absent.find((each) => each.id === id)?.keyVariables[0];
    return variable === undefined ? `add \`providers.${id}\`` : `set ${variable} or add \`providers.${id}\``;
  });
  return ways.length === 0
    ? 'the operator has to give it a deployment'
    : `the operator has to ${ways.join(', or ')}`;
}

function servableNames(index: ModelIndex, provider?: string): string[] {
  const names: string[] = [];
  for (const model of index.models.values()) {
    if (priceAt(model, nowMs()) === undefined) continue;
    const callable = model.deployments.some((deployment) =>
      provider === undefined ? index.providers.has(deployment.provider) : deployment.provider === provider,
    );
    if (callable) names.push(model.id, ...model.aliases);
  }
  return names;
}

function suggest(names: string[], wanted: string, prefix = ''): string {
  const near = nearestNames(wanted, names);
  return near.length === 0 ? NO_ADVICE : didYouMean(near.map((name) => `${prefix}${name}`));
}

const NO_ADVICE = ' GET /v1/models lists what you may use.';

function didYouMean(names: readonly string[]): string {
  const shown = names.map((name) => `\`${cut(name)}\``);
  const last = shown.pop();
  return ` Did you mean ${shown.length === 0 ? last : `${shown.join(', ')} or ${last}`}?`;
}

function notFound(message: string): Fault {
  return new Fault('model_not_found', message, { param: 'model' });
}

/** Names from outside are shown up to 64 characters. */
function cut(name: string): string {
  return name.length > 64 ? `${name.slice(0, 63)}…` : name;
}
