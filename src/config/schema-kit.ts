// The building blocks of the configuration file's schema, each with its words for people.

import Type, { type TSchema } from 'typebox';

/** `expects` ends the sentence "must be …" in problems. */
export type Notes = { description: string; expects?: string; examples?: unknown[]; default?: unknown };

export const needed = (description: string, expects: string) =>
  Type.String({ minLength: 1, description, expects });
export const text = (notes: Notes) => Type.Optional(Type.String({ minLength: 1, ...notes }));
export const flag = (notes: Notes) => Type.Optional(Type.Boolean(notes));
export const whole = (notes: Notes & { minimum: number; maximum?: number }) =>
  Type.Optional(Type.Integer(notes));
export const list = (notes: Notes) =>
  Type.Optional(Type.Array(Type.String({ minLength: 1, description: 'One entry.' }), notes));
export const oneOf = <const T extends readonly string[]>(values: T, notes: Notes) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values], ...notes });
export const section = <T extends Record<string, TSchema>>(members: T, notes: Notes) =>
  Type.Object(members, { additionalProperties: false, ...notes });

/** A number with a unit, or a plain one; `units.ts` and `money.ts` read them. */
export const numberOrText = (notes: Notes) =>
  Type.Unsafe<number | string>({ type: ['number', 'string'], ...notes });
export const duration = (notes: Notes) =>
  Type.Optional(
    numberOrText({ ...notes, expects: 'a duration such as `30s`, `5m` or `1h` (a plain number is seconds)' }),
  );
const SIZE_EXPECTS = 'a size such as `512KB` or `10MB` (a plain number is bytes)';
export const size = (notes: Notes) => numberOrText({ ...notes, expects: SIZE_EXPECTS });
export const usd = (description: string) =>
  numberOrText({ description, expects: 'an amount in USD such as `5.00`', examples: [5] });
