// The shape of everything in the configuration file that is about money: prices, billing, plans, trial, limits.

import Type, { type Static } from 'typebox';
import { duration, list, numberOrText, oneOf, section, size, text, usd, whole } from './schema-kit.ts';

const tokenPrices = {
  input: usd('Input tokens.'),
  output: usd('Output tokens.'),
  cached_input: Type.Optional(usd('Input tokens read from a cache; like input when left out.')),
  cache_write: Type.Optional(usd('Input tokens written to a cache; like input when left out.')),
  cache_write_1h: Type.Optional(
    usd('Input tokens written to a cache for an hour or longer; like cache_write when left out.'),
  ),
  input_audio: Type.Optional(usd('Audio in; like input when left out.')),
  input_image: Type.Optional(usd('Pictures in; like input when left out.')),
  output_audio: Type.Optional(usd('Audio out; like output when left out.')),
  output_image: Type.Optional(usd('Pictures out; like output when left out.')),
  reasoning: Type.Optional(usd('Output tokens of reasoning; like output when left out.')),
};

const Steps = Type.Optional(
  Type.Array(
    section(
      {
        above: Type.Integer({ minimum: 1, description: 'Prompt tokens above which these prices hold.' }),
        ...tokenPrices,
      },
      { description: 'Prices of long prompts.' },
    ),
    { description: 'Other prices for long prompts; the whole request is charged by them.' },
  ),
);

const Tier = section(
  { ...tokenPrices, steps: Steps },
  { description: 'Prices of this service tier; a class left out costs its parent in the same tier.' },
);

const priceMembers = {
  ...tokenPrices,
  per_search: Type.Optional(usd('One web search, in USD each.')),
  per_request: Type.Optional(usd('One request, in USD each.')),
  per_image: Type.Optional(usd('One picture made, in USD each.')),
  per_container: Type.Optional(
    usd(
      'One container that ran code, in USD for each five minutes begun and, at OpenAI, each GB of its memory.',
    ),
  ),
  per_code_run: Type.Optional(usd('One run of code at the provider, in USD each.')),
  steps: Steps,
  tiers: Type.Optional(
    Type.Record(Type.String(), Tier, {
      description:
        'Other prices where the provider answers in another service tier, by its name; a dearer tier is only asked for where it stands here.',
      examples: [{ flex: { input: 2.5, output: 12.5 } }],
    }),
  ),
  inference_geo: Type.Optional(
    Type.Record(
      Type.String(),
      numberOrText({ description: 'A factor on the prices of tokens.', expects: 'a factor such as `1.1`' }),
      {
        description:
          'What the prices of tokens are multiplied by where the answer ran in this geography, by its name (`inference_geo` of Anthropic); one that is not `global` is only asked for where it stands here.',
        examples: [{ us: 1.1 }],
      },
    ),
  ),
  from: text({
    description: 'The day it comes into force, at 00:00 in billing.timezone; left out: it always was.',
    expects: 'a date such as `2026-12-01`',
  }),
};

const Price = section(priceMembers, { description: 'What you charge, in USD per 1M tokens.' });

/** A price, or several of which the later ones have a date: what is said of members holds for both. */
export const PricesShape = Type.Unsafe<PriceNotes | (PriceNotes | undefined)[]>({
  ...Price,
  type: ['object', 'array'],
  items: Price,
  minItems: 1,
  description: 'What you charge, in USD per 1M tokens; a list of prices when they change on a date.',
  expects: 'prices such as `{ input: 5.00, output: 25.00 }`, or a list of them with `from` dates',
});

const limitMembers = {
  tokens_per_minute: whole({ description: 'Tokens a minute of each key.', minimum: 1 }),
  usd_per_minute: Type.Optional(usd('What each key may spend in a minute.')),
};

export const Limits = section(
  {
    requests_per_minute: whole({ description: 'Requests a minute of each key.', minimum: 1, default: 40 }),
    concurrent: whole({ description: 'Requests at once of each key.', minimum: 1, default: 20 }),
    ...limitMembers,
  },
  { description: 'Limits of every key that has none of its own.' },
);

export const Billing = section(
  {
    minimum_charge: Type.Optional(
      numberOrText({
        description: 'The least a call is charged that is charged at all, in USD.',
        expects: 'an amount in USD such as `0.001`',
        default: 0.001,
      }),
    ),
    margin: Type.Optional(
      numberOrText({
        description: 'Multiplies the prices of the catalogue; prices in this file are sold as they stand.',
        expects: 'a factor such as `1.15`',
        default: 1,
      }),
    ),
    hold: Type.Optional(
      oneOf(['expected', 'strict'], {
        description: 'What is put aside for a call: what it usually costs, or the most it can cost.',
        default: 'expected',
      }),
    ),
    expected_output: whole({
      description: 'Output tokens a call is expected to have.',
      minimum: 1,
      default: 2000,
    }),
    daily_cap: Type.Optional(
      usd(
        'What all keys together may be charged in a day; then only free models answer. No cap when left out.',
      ),
    ),
    timezone: text({
      description: 'Where the days, weeks and months of budgets and of the cap begin.',
      expects: 'a time zone such as `Europe/Berlin`',
      default: 'UTC',
    }),
  },
  { description: 'How calls are charged.' },
);

export const Plan = section(
  {
    price: usd('What it costs.'),
    credit: Type.Optional(usd('The balance it gives: pay per use.')),
    days: whole({ description: 'The days it gives: use without a balance.', minimum: 1 }),
    quota: Type.Optional(usd('What may be used in those days, at list price; unlimited when left out.')),
    requests_per_minute: whole({ description: 'Requests a minute.', minimum: 1 }),
    concurrent: whole({ description: 'Requests at once.', minimum: 1 }),
    ...limitMembers,
    max_body: Type.Optional(size({ description: 'Largest request body.', examples: ['25MB'] })),
    request_timeout: duration({ description: 'For a whole non-streaming answer.', examples: ['300s'] }),
    models: list({
      description: 'Models it may use, by name or by beginning (`gpt-5*`); all when left out.',
    }),
  },
  { description: 'A plan: either credit or days.' },
);

export const Trial = section(
  {
    days: whole({ description: 'How long it lasts.', minimum: 1, default: 3 }),
    requests_per_minute: whole({ description: 'Requests a minute.', minimum: 1, default: 15 }),
    credit: Type.Optional(
      numberOrText({
        description: 'The balance it begins with, in USD.',
        expects: 'an amount in USD such as `1.00`',
        default: 1,
      }),
    ),
    email_domains: list({
      description: 'Domains of the e-mail addresses that may have one.',
      default: ['gmail.com'],
    }),
  },
  { description: 'The trial of new accounts, one for each person.' },
);

export type PriceNotes = Static<typeof Price>;
export type LimitsShape = Static<typeof Limits>;
export type BillingShape = Static<typeof Billing>;
export type PlanShape = Static<typeof Plan>;
export type TrialShape = Static<typeof Trial>;
