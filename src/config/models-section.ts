// Lays the `models` section over the catalogue and sees to it that every name means one model.

import type { Deployment, Model } from '../catalog/model.ts';
import { sameName } from '../catalog/name.ts';
import { nearestNames } from '../lib/nearest.ts';
import { builtInProviderNames, declarationOf, providerId } from '../providers/index.ts';
import type { Provider } from '../providers/provider.ts';
import { readModel } from './model-entry.ts';
import type { Origin } from './price-entry.ts';
import { pointerTo, type Report } from './problem.ts';
import { readCost, readTags } from './routing-section.ts';
import type { ModelShape } from './schema.ts';

type Surroundings = {
  providers: ReadonlyMap<string, Provider>;
  /** Names of providers the file mentions, even if something is wrong with them. */
  mentioned: readonly string[];
  /** Ids and aliases of the catalogue, to suggest from. */
  catalogueNames: readonly string[];
  origin: Origin;
  report: Report;
};

/** The catalogue by id, with the file's changes; models of the file that are new stand at the end. */
export function readModels(
  section: Record<string, ModelShape>,
  catalogue: readonly Model[],
  surroundings: Omit<Surroundings, 'catalogueNames'>,
): Map<string, Model> {
  const catalogueNames = catalogue.flatMap((model) => [model.id, ...model.aliases]);
  const around = { ...surroundings, catalogueNames };
  const models = new Map(catalogue.map((model) => [model.id, model]));
  const byName = namesOf(catalogue);
  const takenBy = new Map<string, string>();
  for (const [name, entry] of Object.entries(section)) {
    const known = byName.get(sameName(name));
    const id = known?.id ?? name;
    const earlier = takenBy.get(sameName(id));
    if (earlier !== undefined) {
      around.report(
        pointerTo('models', name),
        `is the same model as \`${earlier}\`: dots and dashes are interchangeable; keep one`,
        'name',
      );
      continue;
    }
    takenBy.set(sameName(id), name);
    models.set(id, readEntry(name, entry, known, around));
  }
  checkAliases(section, models, byName, around.report);
  return withoutTakenAliases(section, models, byName);
}

/** The catalogue's models by id and alias; an id is never an alias of something else. */
function namesOf(catalogue: readonly Model[]): Map<string, Model> {
  const byName = new Map<string, Model>();
  for (const model of catalogue) for (const alias of model.aliases) byName.set(sameName(alias), model);
  for (const model of catalogue) byName.set(sameName(model.id), model);
  return byName;
}

function readEntry(name: string, entry: ModelShape, known: Model | undefined, around: Surroundings): Model {
  const pointer = pointerTo('models', name);
  const deployments = entry.deployments?.flatMap((each, index) =>
    each === undefined ? [] : [readDeployment(each, `${pointer}/deployments/${index}`, around)],
  );
  if (known === undefined && deployments === undefined) {
    const [near] = nearestNames(name, around.catalogueNames, 1);
    const hint = near === undefined ? '' : ` (or did you mean \`${near}\`?)`;
    around.report(
      `${pointer}/deployments`,
      `is missing; the catalogue has no model of this name, so write \`deployments: [ { provider: …, model: … } ]\`${hint}`,
    );
  }
  if (known?.price === undefined && entry.price === undefined) {
    around.report(
      `${pointer}/price`,
      'is missing; write `price: { input: …, output: … }` in USD per 1M tokens, with 0 for a free model',
    );
  }
  return readModel(name, entry, known, deployments, around.origin, (path, message) =>
    around.report(`${pointer}${path}`, message),
  );
}

function readDeployment(
  written: NonNullable<ModelShape['deployments']>[number],
  pointer: string,
  around: Surroundings,
): Deployment {
  const provider = providerId(written.provider);
  const declared = declarationOf(written.provider);
  const exists =
    around.providers.has(provider) || declared !== undefined || around.mentioned.includes(provider);
  if (!exists) {
    const [near] = nearestNames(written.provider, [...around.providers.keys(), ...builtInProviderNames()], 1);
    const hint = near === undefined ? 'one of your own' : `did you mean \`${near}\`? One of your own`;
    around.report(`${pointer}/provider`, `is not a provider; ${hint} has to stand under \`providers\``);
  }
  const { format } = written;
  const offered = around.providers.get(provider)?.formats ?? declared?.formats;
  if (format !== undefined && offered !== undefined && !offered.includes(format)) {
    around.report(`${pointer}/format`, `is not spoken by \`${provider}\`; it speaks ${offered.join(', ')}`);
  }
  return {
    provider,
    model: written.model,
    weight: written.weight ?? 1,
    ...(format === undefined ? {} : { format }),
    ...readCost(written.cost, `${pointer}/cost`, around.report),
    ...readTags(written.tags),
  };
}

/** An alias of the file must not be the id of another model, nor an alias the file gives to another one. */
function checkAliases(
  section: Record<string, ModelShape>,
  models: ReadonlyMap<string, Model>,
  byName: ReadonlyMap<string, Model>,
  report: Report,
): void {
  const ids = new Map([...models.keys()].map((id) => [sameName(id), id]));
  const owners = new Map<string, string>();
  for (const [name, entry] of Object.entries(section)) {
    const own = byName.get(sameName(name))?.id ?? name;
    for (const [index, alias] of (entry.aliases ?? []).entries()) {
      if (alias === undefined) continue;
      const pointer = pointerTo('models', name, 'aliases', index);
      const id = ids.get(sameName(alias));
      const owner = owners.get(sameName(alias));
      if (id !== undefined && id !== own)
        report(pointer, `is the name of another model, \`${id}\`; choose another alias`);
      else if (owner !== undefined && owner !== own)
        report(pointer, `is already an alias of \`${owner}\`; choose another`);
      owners.set(sameName(alias), own);
    }
  }
}

/** An alias the file gives to one model is no longer the catalogue's alias of another. */
function withoutTakenAliases(
  section: Record<string, ModelShape>,
  models: Map<string, Model>,
  byName: ReadonlyMap<string, Model>,
): Map<string, Model> {
  const owners = new Map<string, string>();
  for (const [name, entry] of Object.entries(section)) {
    const id = byName.get(sameName(name))?.id ?? name;
    for (const alias of entry.aliases ?? []) if (alias !== undefined) owners.set(sameName(alias), id);
  }
  if (owners.size === 0) return models;
  for (const [id, model] of models) {
    const kept = model.aliases.filter((alias) => (owners.get(sameName(alias)) ?? id) === id);
    if (kept.length < model.aliases.length) models.set(id, { ...model, aliases: kept });
  }
  return models;
}
