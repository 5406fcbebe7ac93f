// The dialects of JSON Schema that providers take, as data; `fit.ts` brings a schema to one of them.

/** A keyword that is in none of the lists is taken away. Lists hold keywords only: names of properties are free. */
export type Dialect = {
  /** Whose rules these are, as losses name them. */
  owner: string;
  /** Keywords whose value says something itself. */
  plain: ReadonlySet<string>;
  /** Keywords whose value is a list of schemas; one that is missing here is written as `anyOf` if it is `oneOf`. */
  lists: ReadonlySet<string>;
  /** Values of `format` it knows; undefined: all. */
  formats?: ReadonlySet<string>;
  /** The largest `minItems`; undefined: any. */
  minItemsMax?: number;
  /** `keep`: references that do not lead into themselves stay. `inline`: they are written out. */
  references: 'keep' | 'inline';
  /** A schema may hold itself. */
  recursion: boolean;
  /** `const` is known; else it is written as an `enum` of one. */
  const: boolean;
  /** Every object must say that it has no other members than the named ones. */
  closed: boolean;
};

const NAMING = ['type', 'title', 'description', 'enum', 'default', 'required'];
const SIZES = ['minimum', 'maximum', 'minItems', 'maxItems', 'minLength', 'maxLength', 'pattern'];

/** Structured output, and strict tools: platform.claude.com, "Structured outputs", JSON Schema limitations. */
export const ANTHROPIC: Dialect = {
  owner: 'Anthropic',
  plain: new Set([...NAMING, 'format', 'const', 'minItems']),
  lists: new Set(['anyOf', 'prefixItems']),
  // biome-ignore format: a list of names
  formats: new Set([
    'date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid',
  ]),
  minItemsMax: 1,
  references: 'keep',
  recursion: false,
  const: true,
  closed: true,
};

/** `responseJsonSchema` and `parametersJsonSchema`: ai.google.dev, "Structured outputs" and the API reference. */
export const GOOGLE: Dialect = {
  owner: 'Google',
  plain: new Set([...[...NAMING, ...SIZES, 'format', 'propertyOrdering', 'minProperties', 'maxProperties']]),
  lists: new Set(['anyOf', 'prefixItems']),
  references: 'inline',
  recursion: true,
  const: false,
  closed: false,
};

/**
 * What vendors with a Chat endpoint of their own have in common: most compile schemas to a grammar of their own, know
 * no reference to outside of the place where it stands, and refuse the rarer keywords.
 */
export const COMPATIBLE: Dialect = {
  owner: 'the provider',
  plain: new Set([
    ...NAMING,
    ...SIZES,
    'format',
    'const',
    'exclusiveMinimum',
    'exclusiveMaximum',
    'multipleOf',
  ]),
  lists: new Set(['anyOf', 'prefixItems']),
  references: 'inline',
  recursion: true,
  const: true,
  closed: false,
};

/** What strict mode refuses outright: platform.openai.com, "Structured model outputs", supported schemas. */
// biome-ignore format: a list of names
export const STRICT_REFUSES: readonly string[] = [
  'oneOf', 'allOf', 'not', 'if', 'then', 'else', 'dependentRequired', 'dependentSchemas',
  'patternProperties', 'propertyNames', 'unevaluatedProperties', 'unevaluatedItems', 'contains',
  'minContains', 'maxContains', 'minProperties', 'maxProperties', 'uniqueItems', 'contentEncoding',
];
/** Values of `format` that strict mode knows. */
// biome-ignore format: a list of names
export const STRICT_FORMATS: readonly string[] = [
  'date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid',
];

/** Keywords that only tell a reader of the schema what it is written in. */
export const SILENT: ReadonlySet<string> = new Set(['$schema', '$defs', 'definitions']);

/** Rules about a value: where a dialect has no such keyword, the model can still read them in the description. */
// biome-ignore format: a list of names
export const RULES: ReadonlySet<string> = new Set([
  ...SIZES, 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'format', 'not', 'if', 'then', 'else',
  'uniqueItems', 'contains', 'minContains', 'maxContains', 'minProperties', 'maxProperties',
  'patternProperties', 'propertyNames', 'dependentRequired', 'dependentSchemas', 'examples', 'example',
]);
