// Turns one entry of the `models` section into a Model, over what the catalogue knows of it.

import type { Capabilities, Deployment, Model, Price } from '../catalog/model.ts';
import { pricesOf } from '../catalog/price.ts';
import { type Origin, readPrices } from './price-entry.ts';
import type { Report } from './problem.ts';
import type { CapabilityNotes, ModelShape } from './schema.ts';

/** What is assumed of a model nobody has described. */
const UNKNOWN: Capabilities = {
  tools: true,
  images: undefined,
  files: undefined,
  audio: undefined,
  structuredOutput: true,
  webSearch: false,
  sampling: true,
  forcedTools: true,
  midSystem: false,
  thinking: 'none',
  efforts: [],
};

/** `known` is the catalogue's model of this name. Deployments already name providers by id. */
export function readModel(
  name: string,
  entry: ModelShape,
  known: Model | undefined,
  deployments: Deployment[] | undefined,
  origin: Origin,
  report: (path: string, message: string) => void,
): Model {
  const at: Report = (path, message) => report(path, message);
  const [price, ...laterPrices] = pricesFrom(entry.price, known, origin, at);
  return {
    id: known?.id ?? name,
    aliases: [
      ...new Set([...(known?.aliases ?? []), ...(entry.aliases ?? []).filter((each) => each !== undefined)]),
    ],
    displayName: entry.name ?? known?.displayName ?? name,
    ownedBy: known?.ownedBy ?? deployments?.[0]?.provider ?? 'custom',
    createdS: known?.createdS ?? origin.writtenS,
    contextTokens: entry.context ?? known?.contextTokens,
    maxOutputTokens: entry.max_output ?? known?.maxOutputTokens,
    capabilities: readCapabilities(entry.capabilities ?? {}, known?.capabilities ?? UNKNOWN),
    price,
    ...(laterPrices.length === 0 ? {} : { laterPrices }),
    deployments: deployments ?? known?.deployments ?? [],
  };
}

/** The file's prices; where the first of them has a date, the catalogue's stay in force until then. */
function pricesFrom(
  notes: ModelShape['price'],
  known: Model | undefined,
  origin: Origin,
  report: Report,
): Price[] {
  const catalogue = known === undefined ? [] : pricesOf(known);
  if (notes === undefined) return catalogue;
  const own = readPrices(notes, origin, report);
  const beginsMs = own[0]?.fromMs;
  if (beginsMs === undefined) return own;
  return [...catalogue.filter((price) => (price.fromMs ?? 0) < beginsMs), ...own];
}

function readCapabilities(notes: CapabilityNotes, known: Capabilities): Capabilities {
  const thinking = notes.thinking ?? known.thinking;
  const idleSampling = notes.idle_sampling ?? known.idleSampling;
  const prefill = notes.prefill ?? known.prefill;
  const thinkingTools = notes.thinking_tools ?? known.thinkingTools;
  const stop = notes.stop ?? known.stop;
  const toolSearch = notes.tool_search ?? known.toolSearch;
  const embeddings = notes.embeddings ?? known.embeddings;
  const efforts = notes.efforts?.filter((each) => each !== undefined);
  return {
    tools: notes.tools ?? known.tools,
    images: notes.images ?? known.images,
    files: notes.files ?? known.files,
    audio: notes.audio ?? known.audio,
    structuredOutput: notes.structured_output ?? known.structuredOutput,
    webSearch: notes.web_search ?? known.webSearch,
    sampling: notes.sampling ?? known.sampling,
    forcedTools: notes.forced_tools ?? known.forcedTools,
    midSystem: notes.mid_system ?? known.midSystem,
    thinking,
    efforts: thinking === 'none' ? [] : (efforts ?? [...known.efforts]),
    ...(idleSampling === undefined ? {} : { idleSampling }),
    ...(prefill === undefined ? {} : { prefill }),
    ...(thinkingTools === undefined ? {} : { thinkingTools }),
    ...(stop === undefined ? {} : { stop }),
    ...(toolSearch === undefined ? {} : { toolSearch }),
    ...(embeddings === undefined ? {} : { embeddings }),
  };
}
