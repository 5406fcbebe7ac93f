// What the strict request checks of all formats share: a breach of the rules and how shapes are walked.

export type Json = Record<string, unknown>;

/** A request a real provider would refuse; `path` names the member at fault. */
export class Breach extends Error {
  constructor(
    readonly path: string,
    message: string,
    readonly details?: unknown,
  ) {
    super(`${path}: ${message}`);
  }
}

/** An object, or a breach. */
export function objectAt(value: unknown, path: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Breach(path, 'must be an object');
  return value as Json;
}

/** A list, or a breach. */
export function listAt(value: unknown, path: string): unknown[] {
  if (!Array.isArray(value)) throw new Breach(path, 'must be an array');
  return value;
}

/** A string, or a breach. */
export function stringAt(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new Breach(path, 'must be a string');
  return value;
}

/** One of the given strings, or a breach. */
export function oneOf(value: unknown, allowed: readonly string[], path: string): string {
  const text = stringAt(value, path);
  if (!allowed.includes(text)) throw new Breach(path, `'${text}' is not one of ${allowed.join(', ')}`);
  return text;
}

/** Refuses every member that is not listed. */
export function onlyMembers(value: Json, allowed: readonly string[], path: string): void {
  for (const name of Object.keys(value)) {
    if (!allowed.includes(name)) throw new Breach(`${path}.${name}`, 'unknown member');
  }
}

/** A string that matches, or a breach that says what was expected. */
export function matching(value: unknown, pattern: RegExp, path: string): string {
  const text = stringAt(value, path);
  if (!pattern.test(text)) throw new Breach(path, `'${text.slice(0, 80)}' does not match ${pattern}`);
  return text;
}

/** A JSON Schema of an object, as every provider wants it for the arguments of a tool. */
export function objectSchemaAt(value: unknown, path: string): void {
  const schema = objectAt(value, path);
  if (schema.type !== 'object') throw new Breach(`${path}.type`, "must be 'object'");
  if (schema.properties !== undefined) objectAt(schema.properties, `${path}.properties`);
}

/** A number inside its range when present. */
export function inRange(value: unknown, low: number, high: number, path: string): void {
  if (value === undefined || value === null) return;
  if (typeof value !== 'number' || value < low || value > high)
    throw new Breach(path, `must be ${low} to ${high}`);
}

/** True, false or absent. */
export function flagAt(value: unknown, path: string): void {
  if (value !== undefined && value !== null && typeof value !== 'boolean')
    throw new Breach(path, 'must be a boolean');
}
