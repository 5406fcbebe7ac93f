// The JSON Schema of the configuration file, for editors that complete and check while one types.

import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts';
import { FileSchema } from './schema.ts';

/** Draft 2020-12, from the same schema the file is checked with, before variables are filled in. */
export function configJsonSchema(): JsonObject {
  const shape = forEditors(JSON.parse(JSON.stringify(FileSchema)));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'osiris.yaml',
    ...(isObject(shape) ? shape : {}),
  };
}

/** What a number or a switch may be before it is filled in. */
const VARIABLE: JsonObject = { type: 'string', pattern: '\\$\\{.+\\}' };

function forEditors(node: JsonValue): JsonValue {
  if (Array.isArray(node)) return node.map(forEditors);
  if (!isObject(node)) return node;
  const { expects: _, patternProperties, description, ...rest } = node;
  const copy: JsonObject = {};
  for (const [name, value] of Object.entries(rest)) {
    copy[name] = ['examples', 'default', 'enum'].includes(name) ? value : forEditors(value);
  }
  // A record: every name it does not know may stand there.
  if (isObject(patternProperties)) {
    copy.additionalProperties = forEditors(Object.values(patternProperties)[0] ?? true);
  }
  const notes: JsonObject = description === undefined ? {} : { description: forEditors(description) };
  if (copy.type === 'integer' || copy.type === 'boolean') {
    const { default: preset, ...plain } = copy;
    return { ...notes, anyOf: [plain, VARIABLE], ...(preset === undefined ? {} : { default: preset }) };
  }
  // An empty section, all its members commented out, is null to YAML.
  if (copy.type === 'object' && copy.required === undefined) copy.type = ['object', 'null'];
  return { ...notes, ...copy };
}
