// The requests that one charge was made for, as its entry keeps them: what each used that is priced by the request.

import { noUsage, type OtherModel, settleUsage, type TokenRates, type Usage } from '../../canonical/usage.ts';
import { asArray, asNumber, asString, isObject, type JsonObject, tryParseJson } from '../../lib/json.ts';

/**
 * Rows of counts in the order of `usageOf`; behind them the tier where there is one, and where another model took the
 * request its name and rates. Where it ran stands in an object at the end, if that was told.
 */
export function packRequests(requests: readonly Usage[]): string {
  return JSON.stringify(
    requests.map(({ cacheWrite, ...usage }) => [
      usage.inputUncached,
      usage.cacheRead,
      cacheWrite.ttl5m,
      cacheWrite.ttl1h,
      cacheWrite.ttl30m,
      cacheWrite.ttl12h,
      cacheWrite.unknown,
      usage.inputAudio,
      usage.inputImage,
      usage.output,
      usage.outputReasoning,
      usage.outputAudio,
      usage.outputImage,
      ...(usage.tier === undefined && !usage.other ? [] : [usage.tier ?? null]),
      ...(usage.other ? packOther(usage.other) : []),
      ...packGeo(usage),
    ]),
  );
}

const RATES = [
  ...(['input', 'cachedInput', 'cacheWrite', 'cacheWrite1h', 'inputAudio', 'inputImage'] as const),
  ...(['output', 'outputAudio', 'outputImage', 'reasoning'] as const),
];

function packOther({ model, rates }: OtherModel): (string | number)[] {
  return rates ? [model, ...RATES.map((name) => rates[name])] : [model];
}

/** `factor` is that of the other model's rates: for our own the price tells it. */
function packGeo({ geo, other }: Pick<Usage, 'geo' | 'other'>): { geo: string; factor?: number }[] {
  const factor = other?.rates?.factor;
  return geo === undefined ? [] : [{ geo, ...(factor === undefined ? {} : { factor }) }];
}

function otherOf(model: string, row: unknown[], factor: number | undefined): OtherModel {
  if (row.length < RATES.length) return { model };
  const rates = Object.fromEntries(RATES.map((name, place) => [name, asNumber(row[place]) ?? 0]));
  return { model, rates: { ...(rates as TokenRates), ...(factor === undefined ? {} : { factor }) } };
}

export function unpackRequests(text: string): Usage[] {
  return asArray(tryParseJson(text)).map((packed) => {
    const row = asArray(packed);
    const last = row.at(-1);
    return isObject(last) ? usageOf(row.slice(0, -1), last) : usageOf(row, {});
  });
}

function usageOf(row: unknown[], ran: JsonObject): Usage {
  const count = (place: number) => asNumber(row[place]) ?? 0;
  const tier = asString(row[13]);
  const model = asString(row[14]);
  const geo = asString(ran.geo);
  return settleUsage({
    ...noUsage(),
    inputUncached: count(0),
    cacheRead: count(1),
    cacheWrite: { ttl5m: count(2), ttl1h: count(3), ttl30m: count(4), ttl12h: count(5), unknown: count(6) },
    inputAudio: count(7),
    inputImage: count(8),
    output: count(9),
    outputReasoning: count(10),
    outputAudio: count(11),
    outputImage: count(12),
    ...(tier === undefined ? {} : { tier }),
    ...(geo === undefined ? {} : { geo }),
    ...(model === undefined ? {} : { other: otherOf(model, row.slice(15), asNumber(ran.factor)) }),
  });
}
