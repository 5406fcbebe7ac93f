// The shape of everything in the configuration file that is about choosing where a call goes.

import Type, { type Static } from 'typebox';
import type { FallbackReason, Strategy } from '../routing/order.ts';
import { duration, list, oneOf, section, usd, whole } from './schema-kit.ts';

const STRATEGIES = [
  'priority',
  'weighted',
  'cheapest',
  'fastest',
  'least_busy',
] as const satisfies readonly Strategy[];
const REASONS = ['context_length', 'refusal'] as const satisfies readonly FallbackReason[];

export const Routing = section(
  {
    strategy: Type.Optional(
      oneOf(STRATEGIES, {
        description:
          'Which deployment of a model is asked first: the first one listed, one drawn by weight, the one that costs least, the one whose first token came soonest of late, or the one with the fewest calls under way.',
        default: 'priority',
      }),
    ),
    retries: whole({
      description:
        'Further attempts at one deployment that answers 429 or 5xx or breaks off before it has said anything.',
      expects: 'a whole number from 0 to 5',
      minimum: 0,
      maximum: 5,
      default: 2,
    }),
    cooldown: duration({
      description: 'How long a deployment that failed three times in a row is left alone.',
      default: '30s',
    }),
    attempt_timeout: duration({
      description:
        'How long a deployment may say nothing while another one could be asked; what it was asked may have to be paid all the same. When left out, a stream waits for `server.first_byte_timeout` and any other answer for two thirds of its time.',
      examples: ['60s'],
    }),
    fallbacks: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Array(Type.String({ minLength: 1, description: 'A model, by name.' }), {
          description: 'Other models, first choice first.',
          minItems: 1,
        }),
        {
          description: 'Which other models answer when no deployment of a model can.',
          examples: [{ 'gpt-5': ['claude-opus-4.6'] }],
        },
      ),
    ),
    fallback_on: Type.Optional(
      Type.Array(oneOf(REASONS, { description: 'A reason.' }), {
        description: 'What else makes the other models answer: a prompt that is too long, a refusal.',
        default: ['context_length'],
      }),
    ),
  },
  { description: 'Where a call goes, and where next when that fails.' },
);

export const Tags = list({
  description: 'What keys can require with --require-tags: a region, a data policy.',
  examples: [['eu', 'no-training']],
});

export const Cost = Type.Optional(
  section(
    { input: usd('Input tokens.'), output: usd('Output tokens.') },
    {
      description:
        'What the provider asks of you, in USD per 1M tokens: what the strategy `cheapest` compares; the price of the model when left out.',
    },
  ),
);

export type RoutingShape = Static<typeof Routing>;
