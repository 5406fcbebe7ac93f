// Where requests of this format go: the path names the model and how to answer.

import type { Edit } from '../../lib/splice.ts';
import type { Address } from '../codec.ts';

/** `/models/{model}:{operation}`; slashes in a model's name stay, everything else is escaped. */
export function operationPath(model: string, operation: string): string {
  return `/${fullName(model).split('/').map(encodeURIComponent).join('/')}:${operation}`;
}

/** The name as bodies have it. */
export function fullName(model: string): string {
  return /^(models|tunedModels)\//.test(model) ? model : `models/${model}`;
}

/** The path of a request; streams are asked for as server-sent events, else they would be one JSON array. */
export function pathOf({ model, stream }: Address): string {
  return operationPath(model, stream ? 'streamGenerateContent?alt=sse' : 'generateContent');
}

/** The path names the model; a body may repeat it, and so does the request inside a count. */
export function modelEdits(model: string): Edit[] {
  const json = JSON.stringify(fullName(model));
  return [['model'], ['generateContentRequest', 'model']].map((path) => ({ path, json, present: true }));
}

/**
 * Model and operation of a path behind the base URL, the model without `models/` and without escapes; undefined when
 * the path has another form.
 */
export function readOperation(path: string): { model: string; operation: string } | undefined {
  const [, written = '', operation = ''] = /^\/(.+):([A-Za-z]+)(?:\?.*)?$/.exec(path) ?? [];
  const model = unescaped(written).replace(/^(models\/)+/, '');
  return model === '' ? undefined : { model, operation };
}

/** See `Codec.readPath`. */
export function readPath(path: string): Address | undefined {
  const found = readOperation(path);
  if (!found) return undefined;
  const stream = found.operation === 'streamGenerateContent';
  return stream || found.operation === 'generateContent' ? { model: found.model, stream } : undefined;
}

/** A name with wrong percent signs is taken as it stands: it is some name that does not exist. */
function unescaped(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
