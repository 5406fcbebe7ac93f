// Which candidates bring their provider's own web search, and in which of their formats.

import { Fault } from '../../canonical/fault.ts';
import type { FormatId } from '../../canonical/part.ts';
import { listModels } from '../../catalog/list.ts';
import type { Model } from '../../catalog/model.ts';
import type { ModelIndex } from '../../catalog/resolve.ts';
import type { Codec } from '../../formats/codec.ts';
import { FORMATS } from '../../formats/index.ts';
import type { Call } from '../call.ts';
import { type Candidate, formatsOf } from './candidate.ts';

/** Whether a request in this format can have the model search. */
export function hasSearch(
  model: Model,
  { deployment, provider }: Candidate,
  { searchesApart }: Pick<Codec, 'searchesApart'>,
): boolean {
  if (!searchesApart) return model.capabilities.webSearch;
  if (deployment.model.includes('search') || provider.id === 'perplexity') return true;
  return provider.quirks.search === 'openrouter' && model.capabilities.webSearch;
}

/** What the candidate can be asked in for a search: there may be a format that it is spoken to in for nothing else. */
export function searchFormatsOf(candidate: Candidate): FormatId[] {
  const formats = formatsOf(candidate);
  const { deployment, provider } = candidate;
  const { searchFormat } = provider.quirks;
  if (searchFormat === undefined || deployment.format !== undefined) return formats;
  return formats.includes(searchFormat) ? formats : [...formats, searchFormat];
}

/** Throws Fault `unsupported_parameter` that names models which can search, as far as the key may use them. */
export function refuseSearch(call: Call, index: ModelIndex): never {
  const names = searchingModels(call, index);
  const advice =
    names.length === 0
      ? 'No model that this key may use has one; leave `web_search` out.'
      : `Leave \`web_search\` out, or ask one that has: ${names.join(', ')}.`;
  throw new Fault('unsupported_parameter', `This model has no web search of its own. ${advice}`, {
    param: 'web_search',
  });
}

/** Whether the candidate has some format in which the model searches. */
export function searches(model: Model, candidate: Candidate): boolean {
  return searchFormatsOf(candidate).some((format) => hasSearch(model, candidate, FORMATS[format]));
}

const NAMES_MAX = 12;

function searchingModels({ key }: Call, index: ModelIndex): string[] {
  const able = listModels(index, key).filter((model) =>
    model.deployments.some((deployment) => {
      const provider = index.providers.get(deployment.provider);
      return provider !== undefined && searches(model, { deployment, provider });
    }),
  );
  return able.slice(0, NAMES_MAX).map((model) => model.id);
}
