// The sections about money: billing, plans, trial and limits, with their defaults.

import { expect, test } from 'bun:test';
import { unbilledNotes } from '../../src/catalog/unbilled-code.ts';
import { unpricedGeoNotes } from '../../src/catalog/unpriced-geos.ts';
import { unpricedTierNotes } from '../../src/catalog/unpriced-tiers.ts';
import { loadConfig } from '../../src/config/load.ts';
import { accepted, emptyDirectory, loadText } from '../support/config-file.ts';

const DEFAULTS = {
  limits: { requestsPerMinute: 40, concurrent: 20 },
  billing: {
    minimumChargeNano: 1_000_000n,
    marginTenThousandths: 10_000,
    hold: 'expected',
    expectedOutputTokens: 2000,
    timezone: 'UTC',
  },
  plans: new Map(),
  trial: { days: 3, requestsPerMinute: 15, creditNano: 1_000_000_000n, emailDomains: ['gmail.com'] },
};

test('nothing written means the defaults, with or without a file', () => {
  const { limits, billing, plans, trial } = accepted(loadText('billing:\nplans:\ntrial:\n'));
  expect({ limits, billing, plans, trial }).toEqual(DEFAULTS as never);
  expect(accepted(loadConfig({ env: {}, cwd: emptyDirectory() }))).toMatchObject(DEFAULTS);
});

test('everything written is taken', () => {
  const config = accepted(
    loadText(
      `
limits: { requests_per_minute: 10, concurrent: 2, tokens_per_minute: 100000, usd_per_minute: 0.50 }
billing:
  { minimum_charge: 0, margin: 1.1525, hold: strict, expected_output: 500, daily_cap: 50, timezone: Europe/Berlin }
plans:
  starter: { price: 10.00, credit: 10.00 }
  month:
    price: 30.00
    days: 30
    quota: 100.00
    requests_per_minute: 60
    concurrent: 40
    tokens_per_minute: 5
    usd_per_minute: "1.25"
    max_body: 25MB
    request_timeout: 5m
    models: [ gpt-5*, claude-opus-4.6, sandbox/* ]
trial: { days: 7, requests_per_minute: 5, credit: 0, email_domains: [Example.com, uni.example] }
`,
      {},
      {},
      { extraModels: sandbox() },
    ),
  );
  expect(config.limits).toEqual({
    requestsPerMinute: 10,
    concurrent: 2,
    tokensPerMinute: 100_000,
    nanoPerMinute: 500_000_000n,
  });
  expect(config.billing).toEqual({
    minimumChargeNano: 0n,
    marginTenThousandths: 11_525,
    hold: 'strict',
    expectedOutputTokens: 500,
    dailyCapNano: 50_000_000_000n,
    timezone: 'Europe/Berlin',
  });
  expect([...config.plans.keys()]).toEqual(['starter', 'month']);
  expect(config.plans.get('starter')).toEqual({
    name: 'starter',
    priceNano: 10_000_000_000n,
    creditNano: 10_000_000_000n,
    limits: {},
  });
  expect(config.plans.get('month')).toEqual({
    name: 'month',
    priceNano: 30_000_000_000n,
    days: 30,
    quotaNano: 100_000_000_000n,
    limits: {
      requestsPerMinute: 60,
      concurrent: 40,
      tokensPerMinute: 5,
      nanoPerMinute: 1_250_000_000n,
      maxBodyBytes: 25 * 1024 * 1024,
      requestTimeoutMs: 300_000,
    },
    models: ['gpt-5*', 'claude-opus-4.6', 'sandbox/*'],
  });
  expect(config.trial).toEqual({
    days: 7,
    requestsPerMinute: 5,
    creditNano: 0n,
    emailDomains: ['example.com', 'uni.example'],
  });
});

test('the sections are frozen like the rest', () => {
  const config = accepted(loadText('plans: { starter: { price: 1, credit: 1 } }'));
  expect(() => Object.assign(config.billing, { hold: 'strict' })).toThrow(TypeError);
  expect(() => (config.plans as Map<string, unknown>).clear()).toThrow(TypeError);
  expect(() => config.trial.emailDomains.push('x')).toThrow(TypeError);
});

test('numbers may come out of the environment', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable in the configuration file is written like this.
  const config = accepted(loadText('billing: { margin: "${MARGIN}" }', { MARGIN: '1.2' }));
  expect(config.billing.marginTenThousandths).toBe(12_000);
});

function sandbox() {
  const [model] = accepted(loadText('')).models.values();
  return model === undefined ? [] : [{ ...structuredClone(model), id: 'sandbox/echo', aliases: [] }];
}

test('a price without the code that its provider bills is told, and 0 is an answer', () => {
  const notes = (price: string) => {
    const { models, providers } = accepted(
      loadText(`
providers: { anthropic: { api_key: k }, my: { base_url: 'http://127.0.0.1:1/v1', format: anthropic-messages, auth: none } }
models:
  own: { price: ${price}, deployments: [{ provider: anthropic, model: m }] }
  away: { price: { input: 1, output: 1 }, deployments: [{ provider: my, model: m }] }`),
    );
    return unbilledNotes(models.values(), providers).map(({ note }) => note);
  };
  expect(notes('{ input: 1, output: 1 }')).toEqual([expect.stringMatching(/^own .*`per_container`/)]);
  expect(notes('{ input: 1, output: 1, per_container: 0 }')).toEqual([]);
  expect(notes('{ input: 0, output: 0 }')).toEqual([]);
});

test('a price without the geographies that the catalogue knows is told, with what they cost', () => {
  const notes = (price: string) => {
    const { models, providers } = accepted(
      loadText(`
providers: { anthropic: { api_key: k } }
models: { claude-opus-5: { ${price} }, claude-opus-4-5: { price: { input: 1, output: 1 } } }`),
    );
    return unpricedGeoNotes(models.values(), providers).map(({ note }) => note);
  };
  expect(notes('price: { input: 6, output: 36 }')).toEqual([
    expect.stringMatching(/^claude-opus-5 .* inference_geo: \{ us: 1\.1 \}\.$/),
  ]);
  expect(notes('price: { input: 6, output: 36, inference_geo: { us: 1.2 } }')).toEqual([]);
  expect(notes('price: { input: 0, output: 0 }')).toEqual([]);
  expect(notes('aliases: [mine]')).toEqual([]);
});

test('a price without the dearer tiers that the catalogue knows is told, with what they cost', () => {
  const notes = (price: string, provider = 'openai') => {
    const { models, providers } = accepted(
      loadText(`
providers: { ${provider}: { api_key: k } }
models: { gpt-5.5: { ${price} }, gpt-5.4-nano: { price: { input: 1, output: 1 } } }`),
    );
    return unpricedTierNotes(models.values(), providers).map(({ note }) => note);
  };
  expect(notes('price: { input: 6, output: 36 }')).toEqual([
    expect.stringMatching(/^gpt-5\.5 .* tiers: \{ priority: \{ input: 12\.50, output: 75\.00 \} \}\.$/),
  ]);
  const tiers = 'tiers: { priority: { input: 15, output: 90 } }';
  expect(notes(`price: { input: 6, output: 36, ${tiers} }`)).toEqual([]);
  expect(notes('price: { input: 0, output: 0 }')).toEqual([]);
  expect(notes('aliases: [mine]')).toEqual([]);
  expect(notes('price: { input: 6, output: 36 }', 'anthropic')).toEqual([]);
});
