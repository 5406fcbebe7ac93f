// Prices change on a date, carry a margin, and are told apart by what they say.

import { describe, expect, test } from 'bun:test';
import { readCatalogModel } from '../../src/catalog/builtin.ts';
import { listModels } from '../../src/catalog/list.ts';
import type { Model, Price } from '../../src/catalog/model.ts';
import { priceAt, priceKey, pricesAfter, pricesOf, withMargin } from '../../src/catalog/price.ts';
import { buildModelIndex, resolveModel, whyUnpriced } from '../../src/catalog/resolve.ts';
import type { Config } from '../../src/config/config.ts';
import { accepted, loadText } from '../support/config-file.ts';

const PLACE = 'providers: { openai: { api_key: a } }\n';
const DEPLOYED = 'deployments: [ { provider: openai, model: x } ]';
const at = (text: string): number => Date.parse(text);

function loadModel(name: string, members: string, sections = ''): { config: Config; model: Model } {
  const config = accepted(loadText(`${PLACE}models:\n  ${name}: { ${members} }\n${sections}`));
  const model = config.models.get(name);
  if (model === undefined) throw new Error(name);
  return { config, model };
}

describe('a price list', () => {
  const { model } = loadModel(
    'own',
    `price: [ { from: 2027-01-01, input: 3, output: 3 }, { input: 1, output: 1 }, { from: 2026-12-01, input: 2, output: 2 } ], ${DEPLOYED}`,
  );
  const input = (text: string) => priceAt(model, at(text))?.input;

  test('has one price in force at any time', () => {
    expect(input('1990-01-01T00:00Z')).toBe(1_000_000);
    expect(input('2026-11-30T23:59:59.999Z')).toBe(1_000_000);
    expect(input('2026-12-01T00:00:00.000Z')).toBe(2_000_000);
    expect(input('2026-12-31T23:59:59.999Z')).toBe(2_000_000);
    expect(input('2027-01-01T00:00:00.000Z')).toBe(3_000_000);
  });

  test('keeps where each price is from and when it begins', () => {
    expect(pricesOf(model)).toEqual([
      { input: 1_000_000, output: 1_000_000, source: 'osiris.yaml', asOf: expect.any(String) },
      {
        ...{ input: 2_000_000, output: 2_000_000, source: 'osiris.yaml', asOf: expect.any(String) },
        fromMs: at('2026-12-01'),
      },
      {
        ...{ input: 3_000_000, output: 3_000_000, source: 'osiris.yaml', asOf: expect.any(String) },
        fromMs: at('2027-01-01'),
      },
    ]);
    expect(pricesAfter(model, at('2026-12-10')).map((price) => price.input)).toEqual([3_000_000]);
  });

  test('begins at midnight of the configured time zone', () => {
    const berlin = loadModel(
      'own',
      `price: [ { input: 1, output: 1 }, { from: 2026-12-01, input: 2, output: 2 } ], ${DEPLOYED}`,
      'billing: { timezone: Europe/Berlin }',
    );
    expect(berlin.model.laterPrices?.[0]?.fromMs).toBe(at('2026-11-30T23:00Z'));
  });

  test('of which all have a date leaves the catalogue in force until then', () => {
    const gpt = loadModel('gpt-5', 'price: { from: 2030-01-01, input: 9, output: 9 }').model;
    expect(priceAt(gpt, at('2029-12-31'))).toMatchObject({
      input: 1_250_000,
      source: expect.stringMatching(/genai/),
    });
    expect(priceAt(gpt, at('2030-01-01'))).toMatchObject({ input: 9_000_000, source: 'osiris.yaml' });
  });

  test('of the file takes the place of the whole catalogue otherwise', () => {
    const gpt = loadModel('gpt-5', 'price: { input: 9, output: 9 }').model;
    expect(pricesOf(gpt)).toMatchObject([{ input: 9_000_000 }]);
    expect(gpt.price?.cachedInput).toBeUndefined();
  });

  test('that has not begun does not sell the model', () => {
    const { config, model: soon } = loadModel(
      'own',
      `price: { from: 2030-01-01, input: 9, output: 9 }, ${DEPLOYED}`,
    );
    const index = buildModelIndex(config);
    const ids = (time: string) => listModels(index, undefined, at(time)).map((each) => each.id);
    expect(ids('2029-12-31T23:59Z')).not.toContain('own');
    expect(ids('2030-01-01')).toContain('own');
    expect(() => resolveModel(index, 'own', at('2029-12-31T23:59Z'))).toThrow('is not offered here');
    expect(resolveModel(index, 'own', at('2030-01-01')).model.id).toBe('own');
    expect(whyUnpriced(soon)).toContain('2030-01-01T00:00:00.000Z');
  });
});

test('the catalogue may hold dated prices too', () => {
  const base = { input: 1, output: 2, source: 's', asOf: '2026-11-01' };
  const [known] = accepted(loadText('')).models.values();
  if (known === undefined) throw new Error('empty');
  const { contextTokens: _, maxOutputTokens: __, laterPrices: ___, ...rest } = known;
  const model = readCatalogModel({
    ...rest,
    price: base,
    laterPrices: [{ ...base, input: 5, from: '2026-12-01' }],
  });
  expect(priceAt(model, at('2026-11-30T23:59Z'))?.input).toBe(1);
  expect(priceAt(model, at('2026-12-01T00:00Z'))).toEqual({ ...base, input: 5, fromMs: at('2026-12-01') });
});

test('every class of a price in the file is read', () => {
  const { model } = loadModel(
    'own',
    `price: { input: 1, output: 2, cached_input: 3, cache_write: 4, cache_write_1h: 5, input_audio: 6, input_image: 7,
    output_audio: 8, output_image: 9, reasoning: 10, per_search: 0.01, per_request: 0.002, per_image: "0.04",
    per_container: 0.0075, per_code_run: 0.005,
    steps: [ { above: 20, input: 2, output: 3 }, { above: 10, input: 1, output: 2, reasoning: 5 } ],
    tiers: { Flex: { input: 0.5, output: 1, steps: [ { above: 5, input: 1, output: 1 } ] } },
    inference_geo: { US: 1.1, eu: "1.2505", global: 1 } }, ${DEPLOYED}`,
  );
  const M = 1_000_000;
  expect(model.price).toEqual({
    ...{
      input: M,
      output: 2 * M,
      cachedInput: 3 * M,
      cacheWrite: 4 * M,
      cacheWrite1h: 5 * M,
      inputAudio: 6 * M,
    },
    ...{ inputImage: 7 * M, outputAudio: 8 * M, outputImage: 9 * M, reasoning: 10 * M },
    ...{ perSearch: 1e10, perRequest: 2e9, perImage: 4e10, perContainer: 7.5e9, perCodeRun: 5e9 },
    steps: [
      { aboveTokens: 10, input: M, output: 2 * M, reasoning: 5 * M },
      { aboveTokens: 20, input: 2 * M, output: 3 * M },
    ],
    tiers: { flex: { input: M / 2, output: M, steps: [{ aboveTokens: 5, input: M, output: M }] } },
    inferenceGeo: { us: 11_000, eu: 12_505, global: 10_000 },
    source: 'osiris.yaml',
    asOf: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
  });
});

describe('the margin', () => {
  const billed = (margin: string) =>
    accepted(
      loadText(`${PLACE}billing: { margin: ${margin} }\nmodels:
  gpt-4o: { price: { input: 2.5, output: 10 } }`),
    );

  test('of 1.15 is exactly that, on every price of the catalogue', () => {
    const { models } = billed('1.15');
    // 4 x 1.15, 20 x 1.15, 0.2 x 1.15, 5 x 1.15, 8 x 1.15, a search 0.01 x 1.15,
    // five minutes of a container 0.05 / 12 rounded up x 1.15
    expect(models.get('claude-opus-5-5')?.price).toMatchObject({
      input: 4_600_000,
      output: 23_000_000,
      cachedInput: 230_000,
      cacheWrite: 5_750_000,
      cacheWrite1h: 9_200_000,
      perSearch: 11_500_000_000,
      perContainer: 4_791_666_668,
      source: expect.stringMatching(/margin/),
    });
    expect(models.get('gpt-6-sol')?.price?.steps?.[0]).toMatchObject({
      aboveTokens: 272_000,
      input: 4_600_000,
    });
  });

  test('never touches a price of the file, nor what is free', () => {
    const { models } = billed('"1.15"');
    expect(models.get('gpt-4o')?.price).toMatchObject({ input: 2_500_000, source: 'osiris.yaml' });
  });

  test('of 1 leaves the catalogue as it is', () => {
    expect(billed('1.0').models.get('claude-opus-5-5')?.price).toEqual(
      accepted(loadText(PLACE)).models.get('claude-opus-5-5')?.price,
    );
  });

  test('is rounded up to whole picodollars, dates and tiers included', () => {
    const price: Price = {
      ...{ input: 3, output: 10_000, perRequest: 1, perImage: 2, source: 's', asOf: 'd', fromMs: 7 },
      steps: [{ aboveTokens: 5, input: 1, output: 0, reasoning: 7 }],
      tiers: { flex: { input: 1, output: 2, steps: [{ aboveTokens: 5, input: 9, output: 9 }] } },
    };
    expect(withMargin(price, 11_500)).toEqual({
      ...{ input: 4, output: 11_500, perRequest: 2, perImage: 3, fromMs: 7, asOf: 'd' },
      source: "s, with the operator's margin",
      steps: [{ aboveTokens: 5, input: 2, output: 0, reasoning: 9 }],
      tiers: { flex: { input: 2, output: 3, steps: [{ aboveTokens: 5, input: 11, output: 11 }] } },
    });
    expect(withMargin(price, 9_999)).toMatchObject({ input: 3, output: 9999 });
  });
});

describe('the key of a price', () => {
  const price: Price = { input: 1, output: 2, source: 'x', asOf: '2026-11-25', fromMs: 5 };

  test('is the same for the same price, however it is written down', () => {
    const { input, ...rest } = price;
    expect(priceKey({ ...rest, input })).toBe(priceKey(price));
    expect(priceKey(price)).toBe('{"asOf":"2026-11-25","fromMs":5,"input":1,"output":2,"source":"x"}');
  });

  test('tells every difference', () => {
    const others: Price[] = [
      price,
      { ...price, input: 2 },
      { ...price, cachedInput: 0 },
      { ...price, source: 'y' },
      { ...price, asOf: '2026-11-26' },
      { ...price, fromMs: 6 },
      { ...price, steps: [{ aboveTokens: 5, input: 1, output: 2 }] },
      { ...price, steps: [{ aboveTokens: 6, input: 1, output: 2 }] },
      { ...price, tiers: { flex: { input: 1, output: 2 } } },
    ];
    expect(new Set(others.map(priceKey)).size).toBe(others.length);
  });

  test('can be read again', () => {
    const whole = { ...price, steps: [{ aboveTokens: 5, input: 1, output: 2 }], tiers: {} };
    expect(JSON.parse(priceKey(whole))).toEqual(whole);
  });
});
