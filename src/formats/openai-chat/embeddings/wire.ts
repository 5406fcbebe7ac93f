// The wire schema of an embeddings request: every object open, known members typed.

import { type TSchema, Type } from '@sinclair/typebox';

const maybe = (schema: TSchema, description: string) =>
  Type.Optional(Type.Union([schema, Type.Null()], { description }));
const Tokens = Type.Array(Type.Integer({ minimum: 0 }), { minItems: 1 });

export const embeddingsSchema = Type.Object(
  {
    model: Type.String({ minLength: 1, description: 'The name of a model that makes embeddings.' }),
    input: Type.Union(
      [
        Type.String({ minLength: 1 }),
        Type.Array(Type.String(), { minItems: 1 }),
        Tokens,
        Type.Array(Tokens, { minItems: 1 }),
      ],
      { description: 'A text or a list of texts; or a list of tokens, or of such lists.' },
    ),
    encoding_format: maybe(
      Type.Union([Type.Literal('float'), Type.Literal('base64')]),
      '`float`, which is usual, or `base64`: four bytes a number, the lowest first.',
    ),
    dimensions: maybe(Type.Integer({ minimum: 1 }), 'Of each embedding, where the model leaves the choice.'),
    user: maybe(Type.String(), 'A label of who asks.'),
    stream: maybe(Type.Literal(false), 'Embeddings come in one piece.'),
  },
  { additionalProperties: true },
);
