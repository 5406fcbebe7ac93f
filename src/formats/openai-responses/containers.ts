// The containers that an answer's code ran in, and how large each is.

import { asArray, asObject, asString, type JsonObject, type JsonValue } from '../../lib/json.ts';

/** The container of an item that ran code, '' where it is not told; undefined for every other item. */
export function containerOf(item: JsonObject): string | undefined {
  if (item.type === 'code_interpreter_call') {
    // empty in what another provider ran, where there is none
    return item.container_id === '' ? undefined : (asString(item.container_id) ?? '');
  }
  const place = asObject(item.environment);
  return item.type === 'shell_call' && place.type === 'container_reference'
    ? (asString(place.container_id) ?? '')
    : undefined;
}

/** Each container once, with its GB: OpenAI asks by size. `tools` are those the answer echoes. */
export function containerSizes(
  found: readonly (string | undefined)[],
  tools: JsonValue | undefined,
): Record<string, number> | undefined {
  const ids = found.filter((id) => id !== undefined);
  if (ids.length === 0) return undefined;
  const gigabytes = containerGigabytes(tools);
  return Object.fromEntries(ids.map((id) => [id, gigabytes]));
}

/** The largest that the tools ask for; 1 where they do not say. */
export function containerGigabytes(tools: JsonValue | undefined): number {
  const sizes = asArray(tools).map((tool) => {
    const { container, environment } = asObject(tool);
    const limit = asString(asObject(container).memory_limit) ?? asString(asObject(environment).memory_limit);
    return Number(/^(\d{1,3})g$/i.exec(limit ?? '')?.[1] ?? 1);
  });
  return Math.max(1, ...sizes);
}
