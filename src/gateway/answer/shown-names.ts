// The names of models in a provider's own answer, as the client knows them.

import { isSameModel } from '../../catalog/name.ts';
import {
  asArray,
  asObject,
  isObject,
  type JsonObject,
  type JsonValue,
  tryParseJson,
} from '../../lib/json.ts';
import { type Edit, spliceJson } from '../../lib/splice.ts';
import type { Call } from '../call.ts';
import { sentAs } from '../fallbacks/fit.ts';
import type { PassPlan } from '../plan.ts';

/**
 * What gives the names in a frame of a stream, or in a whole answer, back to those the client wrote; undefined where
 * none differ. The JSON has been parsed before, or is left as it is.
 */
export function renamesOf(
  { codec, modelName, fallbacks: asked }: Call,
  { renamed, fallbacks, candidate }: PassPlan,
  isWhole = false,
): ((json: Uint8Array) => Uint8Array) | undefined {
  const own = candidate.deployment.model;
  const isAnyone = asked?.server === true;
  if (fallbacks.length === 0 && !isAnyone) {
    if (!renamed) return undefined;
    const path = isWhole ? [codec.modelMember] : codec.telltale.modelPath;
    const edit = { path, json: JSON.stringify(modelName), present: true };
    return (json) => spliceJson(json, [edit]);
  }
  if (!renamed && fallbacks.every(({ name, sentAs }) => name === sentAs)) return undefined;
  const shown = (told: string): string => {
    const fallback = isSameModel(own, told) ? undefined : sentAs(fallbacks, told);
    if (fallback) return fallback.name;
    return renamed && (!isAnyone || isSameModel(own, told)) ? modelName : told;
  };
  return (json) => {
    const value = tryParseJson(new TextDecoder().decode(json));
    return isObject(value) ? spliceJson(json, nameEdits(value, shown)) : json;
  };
}

type Shown = (told: string) => string;

/** A message, a frame with one, a block that tells who took over, and the usage of either. */
function nameEdits(value: JsonObject, shown: Shown): Edit[] {
  const { message } = value;
  const ofMessage = isObject(message)
    ? nameEdits(message, shown).map((edit) => ({ ...edit, path: ['message', ...edit.path] }))
    : [];
  const block = asObject(value.content_block);
  const content = asArray(value.content);
  const { iterations } = asObject(value.usage);
  return [
    ...ofMessage,
    ...changed(['model'], value.model, (model) => (typeof model === 'string' ? shown(model) : model)),
    ...changed(['content_block'], block, (each) => blockShown(each, shown)),
    ...(content.some(isHandOver)
      ? changed(['content'], content, (all) => all.map((each) => blockShown(each, shown)))
      : []),
    ...changed(['usage', 'iterations'], asArray(iterations), (all) =>
      all.map((each) => modelShown(each, shown)),
    ),
  ];
}

function changed<Value extends JsonValue | undefined>(
  path: string[],
  before: Value,
  change: (value: Value) => JsonValue | undefined,
): Edit[] {
  const json = JSON.stringify(change(before));
  return json === undefined || json === JSON.stringify(before) ? [] : [{ path, json, present: true }];
}

function isHandOver(block: JsonValue): boolean {
  return isObject(block) && block.type === 'fallback';
}

function blockShown(block: JsonValue, shown: Shown): JsonValue {
  if (!isObject(block) || !isHandOver(block)) return block;
  const { from = null, to = null } = block;
  return { ...block, from: modelShown(from, shown), to: modelShown(to, shown) };
}

function modelShown(value: JsonValue, shown: Shown): JsonValue {
  return isObject(value) && typeof value.model === 'string' ? { ...value, model: shown(value.model) } : value;
}
