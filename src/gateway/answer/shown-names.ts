// The names of models in a provider's own answer, as the client knows them.

import { isSameModel } from '../../catalog/name.ts';
import { bufferOf } from '../../lib/bytes.ts';
import {
  asArray,
  asObject,
  isObject,
  type JsonObject,
  type JsonValue,
  tryParseJson,
} from '../../lib/json.ts';
import { type Edit, spliceJson, splicerOf } from '../../lib/splice.ts';
import type { Call } from '../call.ts';
import { sentAs } from '../costs/fallbacks/fit.ts';
import type { PassPlan } from '../plans/pass.ts';

/** Gives the names in the data of a frame, or in a whole answer, back to those the client wrote. */
export type Renames = {
  /** The JSON has been parsed before, or is left as it is. */
  rename(json: Uint8Array): Uint8Array;
  /** One member at the top alone is renamed, whatever else there is. */
  isAtTop: boolean;
};

/** Undefined where no names differ. */
export function renamesOf(
  { codec, modelName, fallbacks: asked }: Call,
  { renamed, fallbacks, candidate }: PassPlan,
  isWhole = false,
): Renames | undefined {
  const own = candidate.deployment.model;
  const isAnyone = asked?.server !== undefined;
  const isAlone = fallbacks.length === 0 && !isAnyone;
  if (!renamed && fallbacks.every(({ name, sentAs }) => name === sentAs)) return undefined;
  const shown = ({ told, answers }: Told): string => {
    if (isSameModel(own, told)) return renamed ? modelName : told;
    const fallback = sentAs(fallbacks, told);
    if (fallback) return fallback.name;
    return renamed && answers && !isAnyone ? modelName : told;
  };
  const everywhere = (json: Uint8Array): Uint8Array => {
    const value = tryParseJson(new TextDecoder().decode(json));
    return isObject(value) ? spliceJson(json, nameEdits(value, shown)) : json;
  };
  if (!isAlone) return { rename: everywhere, isAtTop: false };
  const path = isWhole ? [codec.modelMember] : codec.telltale.modelPath;
  const rename = splicerOf([{ path, json: JSON.stringify(modelName), present: true }]);
  const hasMore = codec.asksOthers?.toldIn === 'iterations';
  // most answers bear one name, which is found without reading all of them
  const mayHaveMore = (json: Uint8Array) => hasMore && bufferOf(json).includes('"iterations"');
  return {
    rename: (json) => (mayHaveMore(json) ? everywhere(json) : rename(json)),
    isAtTop: path.length === 1 && !hasMore,
  };
}

/** A name in an answer; `answers`: of who answers for the model that was asked, whatever it is called. */
type Told = { path: (string | number)[]; told: string; answers: boolean };

/** Each by itself, so that all that stands around the names stays as it came. */
function nameEdits(value: JsonObject, shown: (name: Told) => string): Edit[] {
  return namesIn(value).flatMap((name): Edit[] => {
    const own = shown(name);
    return own === name.told ? [] : [{ path: name.path, json: JSON.stringify(own), present: true }];
  });
}

/** A message, a frame with one, a block that tells who took over, and the usage of either. */
function namesIn(value: JsonObject): Told[] {
  const { message = null, content_block: block = null, content = null } = value;
  const { iterations = null } = asObject(value.usage);
  return [
    ...(isObject(message) ? below(['message'], namesIn(message)) : []),
    ...nameIn(value, true),
    ...below(['content_block'], handOverIn(block)),
    ...asArray(content).flatMap((each, i) => below(['content', i], handOverIn(each))),
    ...asArray(iterations).flatMap((each, i) =>
      below(['usage', 'iterations', i], nameIn(each, asObject(each).type !== 'advisor_message')),
    ),
  ];
}

function handOverIn(block: JsonValue): Told[] {
  if (!isObject(block) || block.type !== 'fallback') return [];
  const { from = null, to = null } = block;
  return [...below(['from'], nameIn(from, true)), ...below(['to'], nameIn(to, true))];
}

function nameIn(value: JsonValue, answers: boolean): Told[] {
  return isObject(value) && typeof value.model === 'string'
    ? [{ path: ['model'], told: value.model, answers }]
    : [];
}

function below(place: (string | number)[], names: Told[]): Told[] {
  return names.map((name) => ({ ...name, path: [...place, ...name.path] }));
}
