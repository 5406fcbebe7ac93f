// The built-in catalogue is sound, and every spelling of a model's name finds it.

import { describe, expect, test } from 'bun:test';
import { BUILT_IN_MODELS } from '../../src/catalog/builtin.ts';
import { isModelAllowed, listModels } from '../../src/catalog/list.ts';
import type { Model } from '../../src/catalog/model.ts';
import { isSameModel, sameName } from '../../src/catalog/name.ts';
import { buildModelIndex, type Resolution, resolveModel } from '../../src/catalog/resolve.ts';
import { formatOf, targetOf } from '../../src/catalog/target.ts';
import type { Config } from '../../src/config/config.ts';
import { BUILT_IN_PROVIDERS, declarationOf } from '../../src/providers/index.ts';
import { accepted, loadText } from '../support/config-file.ts';
import { faultOf } from '../support/fault-of.ts';

const EVERY_KEY = Object.fromEntries(
  BUILT_IN_PROVIDERS.flatMap((each) => each.keyVariables.map((name) => [name, 'k'])),
);
const everything = accepted(loadText('', EVERY_KEY));
const index = buildModelIndex(everything);

function resolveIn(config: Config, name: string): Resolution {
  return resolveModel(buildModelIndex(config), name);
}

const refusal = (config: Config, name: string) => faultOf(() => resolveIn(config, name));

describe('every model of the catalogue', () => {
  test('has an id and aliases that mean nothing else', () => {
    const names = BUILT_IN_MODELS.flatMap((model) => [model.id, ...model.aliases]).map(sameName);
    expect(new Set(names).size).toBe(names.length);
  });

  test('has whole prices, in the right order, with source and date', () => {
    for (const { id, price } of BUILT_IN_MODELS) {
      if (price === undefined) throw new Error(id);
      for (const set of [price, ...(price.steps ?? [])]) {
        for (const value of Object.values(set))
          if (typeof value === 'number') expect(Number.isSafeInteger(value)).toBe(true);
        expect(set.input, id).toBeGreaterThan(0);
        expect(set.cachedInput ?? 0, id).toBeLessThanOrEqual(set.input);
        if (set.cacheWrite !== undefined) expect(set.cacheWrite, id).toBeGreaterThanOrEqual(set.input);
      }
      expect(price.source.length).toBeGreaterThan(0);
      expect(price.asOf).toMatch(/^\d{4}-\d\d-\d\d$/);
    }
  });

  test('runs at providers Osiris knows, in a format they speak', () => {
    for (const model of BUILT_IN_MODELS) {
      expect(model.deployments.length, model.id).toBeGreaterThan(0);
      for (const deployment of model.deployments)
        expect(declarationOf(deployment.provider)?.id).toBe(deployment.provider);
    }
  });

  test('asks for reasoning in a way that fits its efforts', () => {
    for (const { id, capabilities } of BUILT_IN_MODELS) {
      if (capabilities.thinking === 'none') expect(capabilities.efforts, id).toEqual([]);
      if (capabilities.thinking === 'adaptive') expect(capabilities.efforts.length, id).toBeGreaterThan(0);
    }
  });
});

// USD per million tokens: input, output, cached input, cache write.
const PRICES: Record<string, [number, number, number?, number?]> = {
  'claude-opus-5-5': [4, 20, 0.2, 5],
  'claude-sonnet-5-5': [2, 10, 0.1, 2.5],
  'claude-haiku-5-5': [0.1, 0.5, 0.01, 0.125],
  'claude-opus-4-6': [5, 25, 0.5, 6.25],
  'claude-haiku-4-5': [1, 5, 0.1, 1.25],
  'gpt-6-astra': [10, 50, 1, 12.5],
  'gpt-5.6-luna': [0.2, 1.2, 0.02, 0.25],
  'gpt-5': [1.25, 10, 0.125],
  'gpt-5-nano': [0.05, 0.4, 0.005],
  'gpt-4o': [2.5, 10, 1.25],
  'gemini-2.5-pro': [1.25, 10, 0.125],
  'gemini-2.5-flash': [0.3, 2.5, 0.03],
  'deepseek-v4-pro': [1.32, 3.96, 0.044],
  'grok-4.5': [2, 6, 0.3],
};

for (const [id, [input, output, cachedInput, cacheWrite]] of Object.entries(PRICES)) {
  test(`${id} costs what its vendor lists`, () => {
    const pico = (usd: number | undefined) => (usd === undefined ? undefined : Math.round(usd * 1e6));
    const price = resolveModel(index, id).model.price;
    expect([price?.input, price?.output, price?.cachedInput, price?.cacheWrite]).toEqual(
      [input, output, cachedInput, cacheWrite].map(pico),
    );
  });
}

test('long prompts cost more where the vendor says so', () => {
  expect(resolveModel(index, 'gpt-6-sol').model.price?.steps).toEqual([
    {
      aboveTokens: 272_000,
      input: 4_000_000,
      output: 15_000_000,
      cachedInput: 400_000,
      cacheWrite: 5_000_000,
    },
  ]);
  expect(resolveModel(index, 'gemini-2.5-pro').model.price?.steps?.[0]?.aboveTokens).toBe(200_000);
});

describe('a name resolves', () => {
  const SEEDS: Record<string, string> = {
    'claude-opus-4.6': 'anthropic',
    'claude-sonnet-4-20250514': 'anthropic',
    'claude-haiku-4-5': 'anthropic',
    'gpt-4o': 'openai',
    'gpt-5': 'openai',
    'gpt-5-mini': 'openai',
    'gpt-5-nano': 'openai',
    'google-ai-studio/gemini-2.5-pro': 'google',
    'google-ai-studio/gemini-2.5-flash': 'google',
    'anthropic/claude-sonnet-4-6': 'anthropic',
    'groq/llama-3.3-70b-instruct': 'groq',
    'qwen3.5-397b-a17b': 'openrouter',
  };
  for (const [name, provider] of Object.entries(SEEDS)) {
    test(`${name}, when only ${provider} is set up`, () => {
      const config = accepted(loadText(`providers: { ${provider}: { api_key: k } }`));
      const resolution = resolveIn(config, name);
      expect(resolution.deployments.map((each) => each.provider)).toEqual([provider]);
      expect(resolution.pinned).toBe(name.includes('/') ? provider : undefined);
    });
  }

  test('in every spelling of dots and dashes, alias and provider', () => {
    let spellings = 0;
    for (const model of BUILT_IN_MODELS) {
      for (const name of [model.id, ...model.aliases]) {
        for (const spelling of new Set([name, name.replaceAll('.', '-'), name.replaceAll('-', '.')])) {
          expect(resolveModel(index, spelling).model.id, spelling).toBe(model.id);
          spellings += 1;
          for (const { provider } of model.deployments) {
            const aliases = everything.providers.get(provider)?.aliases ?? [];
            for (const prefix of [provider, ...aliases]) {
              const resolution = resolveModel(index, `${prefix}/${spelling}`);
              expect(resolution.model.id).toBe(model.id);
              expect(resolution.pinned).toBe(provider);
              expect(resolution.deployments.every((each) => each.provider === provider)).toBe(true);
              spellings += 1;
            }
          }
        }
      }
    }
    expect(spellings).toBeGreaterThan(200);
  });

  test('by the name the provider itself uses, even one with a slash', () => {
    expect(resolveModel(index, 'groq/llama-3.3-70b-versatile').model.id).toBe('llama-3.3-70b-instruct');
    const routed = resolveModel(index, 'openrouter/anthropic/claude-opus-4.6');
    expect(routed).toMatchObject({ model: { id: 'claude-opus-4-6' }, pinned: 'openrouter' });
  });

  test('to its deployments in the order they are listed, callable ones only', () => {
    const config = accepted(loadText('providers: { openrouter: { api_key: a }, anthropic: { api_key: b } }'));
    expect(resolveIn(config, 'claude-opus-4-6').deployments.map((each) => each.provider)).toEqual([
      'anthropic',
      'openrouter',
    ]);
    const one = accepted(loadText('providers: { openrouter: { api_key: a } }'));
    expect(resolveIn(one, 'claude-opus-4-6').deployments.map((each) => each.provider)).toEqual([
      'openrouter',
    ]);
  });

  test('to a model of the sandbox, by its id', () => {
    const echo: Model = {
      ...(BUILT_IN_MODELS[0] as Model),
      id: 'sandbox/echo',
      aliases: [],
      deployments: [{ provider: 'sandbox', model: 'echo', weight: 1 }],
    };
    const config = accepted(loadText('', {}, {}, { extraModels: [echo] }));
    expect(resolveIn(config, 'sandbox/echo').deployments).toEqual(echo.deployments);
    expect(listModels(buildModelIndex(config)).map((model) => model.id)).toEqual(['sandbox/echo']);
  });

  test('to the model the file gave the alias, not the one the catalogue did', () => {
    const config = accepted(
      loadText('providers: { openai: { api_key: a } }\nmodels: { gpt-5: { aliases: [claude-sonnet-4-0] } }'),
    );
    expect(resolveIn(config, 'claude-sonnet-4.0').model.id).toBe('gpt-5');
  });
});

describe('a name that does not resolve', () => {
  const openai = accepted(loadText('providers: { openai: { api_key: a } }'));

  test('is answered with the nearest names that would', () => {
    const fault = refusal(openai, 'gpt-5-minni');
    expect(fault).toMatchObject({ code: 'model_not_found', status: 400, param: 'model' });
    expect(fault.message).toContain('Did you mean `gpt-5-mini`');
    expect(refusal(openai, 'claude-opus-4-66').message).not.toContain('claude-opus-4-6`');
  });

  test('because its provider is not set up is answered with what the operator has to set', () => {
    expect(refusal(openai, 'claude-opus-4.6')).toMatchObject({ code: 'no_provider', status: 503 });
    expect(refusal(openai, 'claude-opus-4.6').message).toContain('ANTHROPIC_API_KEY');
    expect(refusal(openai, 'google-ai-studio/gemini-2.5-pro').message).toContain('GEMINI_API_KEY');
  });

  test('because the pinned provider does not have it says so', () => {
    const fault = refusal(everything, 'openai/claude-opus-4.6');
    expect(fault.code).toBe('model_not_found');
    expect(fault.message).toContain('not offered at `openai`');
    expect(refusal(openai, 'openai/gpt-5-minni').message).toContain('`openai/gpt-5-mini`');
  });

  test('because it has no price tells the client little and the operator what to set', () => {
    const models = new Map(openai.models);
    const gpt5 = models.get('gpt-5');
    if (gpt5 !== undefined) models.set('gpt-5', { ...gpt5, price: undefined });
    const config = { ...openai, models };
    const fault = refusal(config, 'gpt-5');
    expect(fault).toMatchObject({ code: 'model_not_found', param: 'model' });
    expect(fault.message).toBe(
      'The model `gpt-5` is not offered here. GET /v1/models lists what you may use.',
    );
    expect(String(fault.cause)).toContain('models.gpt-5.price');
    expect(listModels(buildModelIndex(config)).map((model) => model.id)).not.toContain('gpt-5');
  });

  test('is shown up to 64 characters', () => {
    expect(refusal(openai, 'x'.repeat(1000)).message).not.toContain('x'.repeat(65));
  });

  for (const name of ['', '/', 'a/', '/a', 'constructor', '__proto__', 'openai/', '*']) {
    test(`is a fault and nothing worse when it is ${JSON.stringify(name)}`, () => {
      expect(refusal(openai, name).code).toBe('model_not_found');
    });
  }
});

describe('the models a key may use', () => {
  test('are those that can be called', () => {
    const config = accepted(loadText('providers: { groq: { api_key: a } }'));
    const ids = listModels(buildModelIndex(config)).map((model) => model.id);
    expect(ids).toContain('llama-3.3-70b-instruct');
    expect(ids).not.toContain('gpt-4o');
  });

  test('are narrowed by ids in any spelling and by beginnings', () => {
    const ids = (allowed: string[]) => listModels(index, { models: allowed }).map((model) => model.id);
    expect(ids(['claude-opus-4.6'])).toEqual(['claude-opus-4-6']);
    expect(ids(['claude-opus-4.*'])).toEqual([
      'claude-opus-4-8',
      'claude-opus-4-7',
      'claude-opus-4-6',
      'claude-opus-4-5',
    ]);
    expect(ids([])).toEqual([]);
    expect(ids(['*']).length).toBe(listModels(index).length);
    const { model } = resolveModel(index, 'gpt-5');
    expect(isModelAllowed(model, ['gpt-5-mini'])).toBe(false);
    expect(isModelAllowed(model, undefined)).toBe(true);
  });
});

test('what a deployment can take is the model fitted to its provider', () => {
  const { model, deployments } = resolveModel(index, 'deepseek-v4-pro');
  const [deployment] = deployments;
  const provider = everything.providers.get('deepseek');
  if (deployment === undefined || provider === undefined) throw new Error('not there');
  expect(targetOf(model, deployment, provider)).toMatchObject({
    model: 'deepseek-v4-pro',
    developerRole: false,
    maxTokensField: 'max_tokens',
    reasoningContent: true,
    maxOutputTokens: 384_000,
  });
  expect(formatOf(deployment, provider)).toBe('openai-chat');
});

test.each([
  ['anthropic/claude-opus-4.6', 'anthropic/claude-4.6-opus-20260205', true],
  ['anthropic/claude-opus-4.6', 'anthropic/claude-opus-4-6', true],
  ['anthropic/claude-3.7-sonnet', 'anthropic/claude-3-7-sonnet-20250219', true],
  ['openai/gpt-5', 'openai/gpt-5-2025-08-07', true],
  ['openai/gpt-5.4', 'openai/gpt-4.5', false],
  ['openai/gpt-5', 'openai/gpt-5-mini', false],
  ['openai/gpt-4o-2024-08-06', 'openai/gpt-4o-2024-05-13', false],
  ['v/model', 'w/model', false],
  ['v/model', 'v/model:free', false],
  ['claude-opus-4', 'claude-4-opus', false],
])('a provider that is asked for %s and answers as %s has answered with it: %p', (asked, told, is) => {
  expect(isSameModel(asked, told)).toBe(is);
});
