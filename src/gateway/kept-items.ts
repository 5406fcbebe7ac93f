// Items of translated answers that a client names by their ids in later requests: no provider has them.

import type { Codec } from '../formats/codec.ts';
import { isObject, type JsonObject, tryParseJson } from '../lib/json.ts';
import { type Edit, spliceJson } from '../lib/splice.ts';
import type { ThoughtStore } from '../store/ports.ts';
import { refuseLarger } from './admission/body.ts';

/** Keeps the items of an answer; undefined for a client that does not want that, or never names any. */
export function itemKeeper(
  codec: Codec,
  body: JsonObject,
  keyId: string,
  store: ThoughtStore,
): ((items: readonly JsonObject[]) => void) | undefined {
  if (!codec.references || !codec.storesAnswer?.(body)) return undefined;
  return (items) => {
    for (const item of items)
      if (typeof item.id === 'string') store.remember(keyId, [nameOf(item.id)], JSON.stringify(item));
  };
}

/**
 * The request with the items that it only names, as far as they are kept for its key; the same one where there are none.
 * Throws Fault `request_too_large` when it is larger than `maxBytes` with them: forty bytes may name a megabyte.
 */
export function withKeptItems(
  request: { bytes: Uint8Array; body: JsonObject },
  codec: Codec,
  keyId: string,
  store: Pick<ThoughtStore, 'recall'>,
  maxBytes: number,
): { bytes: Uint8Array; body: JsonObject } {
  let total = request.bytes.length;
  const edits = (codec.references?.(request.body) ?? []).flatMap(({ path, id }): Edit[] => {
    const json = store.recall(keyId, nameOf(id));
    if (json === undefined) return [];
    total += Buffer.byteLength(json);
    refuseLarger(total, maxBytes);
    return [{ path, json }];
  });
  if (edits.length === 0) return request;
  const bytes = spliceJson(request.bytes, edits);
  const body = tryParseJson(new TextDecoder().decode(bytes));
  return isObject(body) ? { bytes, body } : request;
}

function nameOf(id: string): string {
  return `item ${id}`;
}
