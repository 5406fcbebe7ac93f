// Turns one entry of the `models` section into a Model, over what the catalogue knows of it.

import type { Capabilities, Deployment, Model, Price, TokenPrices } from '../catalog/model.ts';
import { parseTokenPrice, parseUnitPrice } from '../lib/money.ts';
import type { Report } from './problem.ts';
import type { CapabilityNotes, ModelShape, PriceNotes } from './schema.ts';

/** What is assumed of a model nobody has described. */
const UNKNOWN: Capabilities = {
  tools: true,
  images: false,
  files: false,
  audio: false,
  structuredOutput: true,
  webSearch: false,
  sampling: true,
  forcedTools: true,
  midSystem: false,
  thinking: 'none',
  efforts: [],
};

export type Origin = {
  /** Name of the file prices come from, and the day it was last changed. */
  source: string;
  asOf: string;
  /** Seconds since 1970 of the same. */
  writtenS: number;
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
    price: entry.price === undefined ? known?.price : readPrice(entry.price, origin, at),
    deployments: deployments ?? known?.deployments ?? [],
  };
}

function readCapabilities(notes: CapabilityNotes, known: Capabilities): Capabilities {
  const thinking = notes.thinking ?? known.thinking;
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
  };
}

function readPrice(notes: PriceNotes, origin: Origin, report: Report): Price {
  const steps = notes.steps?.flatMap((step, index) =>
    step === undefined
      ? []
      : [{ aboveTokens: step.above, ...readTokenPrices(step, `/price/steps/${index}`, report) }],
  );
  const perSearch =
    notes.per_search === undefined
      ? undefined
      : readUsd(notes.per_search, '/price/per_search', parseUnitPrice, report);
  return {
    ...readTokenPrices(notes, '/price', report),
    ...(steps === undefined ? {} : { steps: steps.toSorted((a, b) => a.aboveTokens - b.aboveTokens) }),
    ...(perSearch === undefined ? {} : { perSearch }),
    source: origin.source,
    asOf: origin.asOf,
  };
}

const CLASSES = {
  cached_input: 'cachedInput',
  cache_write: 'cacheWrite',
  cache_write_1h: 'cacheWrite1h',
  input_audio: 'inputAudio',
  output_audio: 'outputAudio',
} as const satisfies Record<string, keyof TokenPrices>;

type WrittenPrices = Pick<PriceNotes, 'input' | 'output' | keyof typeof CLASSES>;

function readTokenPrices(notes: WrittenPrices, path: string, report: Report): TokenPrices {
  const read = (written: string | number, name: string): number =>
    readUsd(written, `${path}/${name}`, parseTokenPrice, report);
  const prices: TokenPrices = { input: read(notes.input, 'input'), output: read(notes.output, 'output') };
  for (const [name, member] of Object.entries(CLASSES) as [keyof typeof CLASSES, keyof TokenPrices][]) {
    const written = notes[name];
    if (written !== undefined) prices[member] = read(written, name);
  }
  return prices;
}

function readUsd(
  written: string | number,
  path: string,
  parse: (usd: string | number) => number | undefined,
  report: Report,
): number {
  const parsed = parse(written);
  if (parsed === undefined) {
    report(
      path,
      'must be an amount in USD such as `5.00`: not negative, at most six digits behind the point',
    );
  }
  return parsed ?? 0;
}
