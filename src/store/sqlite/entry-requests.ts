// The requests that one charge was made for, as its entry keeps them: what each used that is priced by the request.

import { noUsage, settleUsage, type Usage } from '../../canonical/usage.ts';
import { asArray, asNumber, asString, tryParseJson } from '../../lib/json.ts';

/** Rows of counts in the order of `usageOf`, with the tier behind them where there is one. */
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
      ...(usage.tier === undefined ? [] : [usage.tier]),
    ]),
  );
}

export function unpackRequests(text: string): Usage[] {
  return asArray(tryParseJson(text)).map((row) => usageOf(asArray(row)));
}

function usageOf(row: unknown[]): Usage {
  const count = (place: number) => asNumber(row[place]) ?? 0;
  const tier = asString(row[13]);
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
  });
}
