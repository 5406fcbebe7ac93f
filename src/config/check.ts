// Holds the parsed file against the schema: complains about what does not fit, and takes it out.

import { Compile } from 'typebox/compile';
import { Settings } from 'typebox/system';
import type { JsonObject, JsonValue } from '../lib/json.ts';
import { isObject } from '../lib/json.ts';
import { nearestNames } from '../lib/nearest.ts';
import { declarationOf } from '../providers/index.ts';
import { type Report, segmentsOf } from './problem.ts';
import { FileSchema, type FileShape } from './schema.ts';

/** What is read from a schema when a problem is put into words. */
export type SchemaNode = {
  type?: string | string[];
  properties?: Record<string, SchemaNode>;
  patternProperties?: Record<string, SchemaNode>;
  items?: SchemaNode;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  expects?: string;
};

const ROOT = FileSchema as unknown as SchemaNode;
const checker = Compile(FileSchema);

/**
 * Reports every member that does not fit and removes it, so that the rest can be checked for sense.
 * Removed array entries leave `undefined` behind. `expanded` are pointers of values from the environment.
 */
export function checkShape(value: JsonObject, expanded: ReadonlySet<string>, report: Report): FileShape {
  const root = adapt(value, ROOT, '', expanded) as JsonObject;
  // The default of 8 would hide the rest.
  const { maxErrors } = Settings.Get();
  Settings.Set({ maxErrors: 10_000 });
  const errors = [...checker.Errors(root)];
  Settings.Set({ maxErrors });
  for (const { keyword, instancePath, params } of errors) {
    const missing =
      keyword === 'required' ? (params as { requiredProperties: string[] }).requiredProperties : [];
    for (const name of missing) report(`${instancePath}/${name}`, explainMissing(instancePath, name), 'name');
    if (keyword === 'boolean') report(instancePath, explainUnknown(instancePath), 'unknown-name');
    if (!['required', 'boolean', 'additionalProperties'].includes(keyword)) {
      report(instancePath, explainMisfit(instancePath, root));
    }
  }
  for (const { keyword, instancePath } of errors)
    if (keyword !== 'additionalProperties') remove(root, instancePath);
  return root as FileShape;
}

/** The schema of the value at a pointer; undefined when nothing may stand there. */
function schemaAt(pointer: string): SchemaNode | undefined {
  let node: SchemaNode | undefined = ROOT;
  for (const segment of segmentsOf(pointer)) node = childSchema(node, segment);
  return node;
}

function childSchema(node: SchemaNode | undefined, segment: string): SchemaNode | undefined {
  return node?.properties?.[segment] ?? Object.values(node?.patternProperties ?? {})[0] ?? node?.items;
}

/** An empty section is a section without members; a number or a switch may come as text out of a variable. */
function adapt(
  value: JsonValue,
  schema: SchemaNode | undefined,
  pointer: string,
  expanded: ReadonlySet<string>,
): JsonValue {
  if (value === null && schema?.type === 'object') return {};
  if (typeof value === 'string' && expanded.has(pointer)) return fromText(value, schema);
  if (Array.isArray(value)) {
    return value.map((each, index) => adapt(each, schema?.items, `${pointer}/${index}`, expanded));
  }
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([name, each]): [string, JsonValue] => {
    const child = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return [name, adapt(each, childSchema(schema, name), child, expanded)];
  });
  return Object.fromEntries(members);
}

function fromText(value: string, schema: SchemaNode | undefined): JsonValue {
  if (schema?.type === 'integer' && /^-?\d+$/.test(value)) return Number(value);
  if (schema?.type === 'boolean' && /^(true|false)$/.test(value)) return value === 'true';
  return value;
}

function explainMissing(owner: string, name: string): string {
  const description = describe(schemaAt(`${owner}/${name}`));
  return `is missing; write \`${name}:\` with ${description}`;
}

function explainUnknown(pointer: string): string {
  const name = segmentsOf(pointer).at(-1) ?? '';
  const owner = schemaAt(pointer.slice(0, pointer.lastIndexOf('/')));
  const known = Object.keys(owner?.properties ?? {});
  const owners = owner === ROOT ? sectionsWith(name) : [];
  if (owners.length > 0) return `does not stand for itself; indent it under \`${owners.join('` or `')}\``;
  const [near] = nearestNames(name, known, 1);
  if (near !== undefined) return `is not a known name; did you mean \`${near}\`?`;
  return `is not a known name; known here: ${known.join(', ')}`;
}

/** Where a name belongs that has slipped to the left margin. */
function sectionsWith(name: string): string[] {
  if (declarationOf(name) !== undefined) return ['providers:'];
  const sections = Object.entries(ROOT.properties ?? {});
  return sections.flatMap(([title, { properties }]) => (properties?.[name] ? [`${title}:`] : []));
}

function explainMisfit(pointer: string, root: JsonObject): string {
  const found = valueAt(root, pointer);
  const expected = describe(schemaAt(pointer));
  if (found === null) return `is empty; it must be ${expected}, or remove the line`;
  if (Array.isArray(found) && found.length === 0) return 'must have at least one entry';
  const kind = kindOf(found);
  return kind === undefined ? `must be ${expected}` : `must be ${expected}, not ${kind}`;
}

function describe(schema: SchemaNode | undefined): string {
  if (schema === undefined) return 'a value';
  if (schema.expects !== undefined) return schema.expects;
  if (schema.enum !== undefined) return `one of ${schema.enum.map((each) => `\`${each}\``).join(', ')}`;
  switch (schema.type) {
    case 'object':
      return 'a section with members of its own';
    case 'array':
      return 'a list such as `[a, b]`';
    case 'integer':
      return schema.minimum === undefined ? 'a whole number' : `a whole number of at least ${schema.minimum}`;
    case 'boolean':
      return '`true` or `false`';
    default:
      return 'text';
  }
}

/** Kinds of text, never the text: it may be a secret in the wrong place. */
function kindOf(value: unknown): string | undefined {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return `${value}`;
  if (typeof value === 'boolean') return `\`${value}\``;
  if (isObject(value)) return 'a section';
  return value === '' ? 'empty text' : undefined;
}

function valueAt(root: JsonObject, pointer: string): unknown {
  let value: unknown = root;
  for (const segment of segmentsOf(pointer)) value = memberOf(value, segment);
  return value;
}

function memberOf(owner: unknown, segment: string): unknown {
  if (Array.isArray(owner)) return owner[Number(segment)];
  return isObject(owner) ? owner[segment] : undefined;
}

function remove(root: JsonObject, pointer: string): void {
  const name = segmentsOf(pointer).at(-1);
  const owner = valueAt(root, pointer.slice(0, Math.max(pointer.lastIndexOf('/'), 0)));
  if (name === undefined) return;
  if (Array.isArray(owner)) Reflect.set(owner, name, undefined);
  else if (isObject(owner)) delete owner[name];
}
