// The models that a server offers, as `GET /v1/models` lists them, in what clients are told of them.

import { asArray, asNumber, asObject, asString, type JsonObject } from '../lib/json.ts';
import type { ModelFacts } from './client.ts';
import { isPlainModel } from './fill.ts';
import { unknownModel } from './models.ts';

/** Those that answer, and whose name can stand in every syntax. */
export function offeredIn(list: JsonObject): ModelFacts[] {
  return asArray(list.data).map(asObject).flatMap(factsOf);
}

function factsOf(entry: JsonObject): ModelFacts[] {
  const id = asString(entry.id);
  if (id === undefined || !isPlainModel(id) || asObject(entry.capabilities).embeddings === true) return [];
  const unknown = unknownModel(id);
  const name = asString(entry.display_name)?.replace(/[^\w .:()/-]/g, '');
  return [
    {
      id,
      name: name || id,
      contextTokens: asNumber(entry.context_window) ?? unknown.contextTokens,
      maxOutputTokens: asNumber(entry.max_output_tokens) ?? unknown.maxOutputTokens,
    },
  ];
}
