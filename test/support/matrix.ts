// Leads clients through the shared scenarios over every upstream format and holds both ends to the truth.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Client, type Target, type Tokens, ToolBox } from './client.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { golden } from './golden.ts';
import { SCENARIOS, type Scenario, type ToolRun, usageOf } from './scenarios.ts';
import type { Received } from './scene.ts';
import { sealOf, WIRE_FORMATS, type WireFormat } from './script.ts';
import { startUpstream, type Upstream } from './upstream.ts';
import { baseUrlOf } from './wire.ts';

/** Without a gateway: every client straight to the scripted upstream of its own format. */
export const DIRECT = process.env.OSIRIS_DIRECT === '1';

/** The formats that a scripted upstream speaks. */
export const FORMATS = WIRE_FORMATS;

export const PROVIDER_KEY = 'provider-secret-of-the-scripted-upstream';

const THINKING = {
  'openai-chat': 'effort',
  'openai-responses': 'effort',
  'anthropic-messages': 'budget',
  'google-generate-content': 'effort',
} as const;

/** What the provider is asked for; of Google a model that insists on its signatures. */
function upstreamModel(format: WireFormat): string {
  return format === 'google-generate-content' ? 'gemini-3-upstream' : `${format}-upstream`;
}

/** A gateway before one upstream that speaks all formats, one provider and model for each. */
export type Stage = {
  gateway: Gateway | undefined;
  /** Where clients find the model behind a format. */
  target(format: WireFormat): Target;
  close(): Promise<void>;
};

/** `chatThinks`: its Chat model is one of those that think only when told. */
type StageSettings = { chatThinks?: boolean };

/** Opens it before the upstream at `origin`. */
export async function openStage(origin: string, { chatThinks = false }: StageSettings = {}): Promise<Stage> {
  if (DIRECT) {
    return {
      gateway: undefined,
      target: (format) => ({
        origin,
        baseUrl: `${origin}/v1`,
        key: PROVIDER_KEY,
        model: upstreamModel(format),
      }),
      close: async () => undefined,
    };
  }
  const gateway = await startGateway({
    upstreams: FORMATS.map((format) => ({
      provider: `up-${format}`,
      format,
      baseUrl: baseUrlOf(origin, format),
      apiKey: PROVIDER_KEY,
      model: `${format}-model`,
      upstreamModel: upstreamModel(format),
      // Models that think, where the format knows how to send thoughts back.
      ...(format === 'openai-chat' && !chatThinks
        ? {}
        : { capabilities: { thinking: THINKING[format], tool_search: true } }),
      ...(format === 'openai-chat' && chatThinks
        ? { settings: { quirks: { reasoning_content: true } } }
        : {}),
    })),
  });
  const { url, key } = gateway;
  return {
    gateway,
    target: (format) => ({ origin: url, baseUrl: `${url}/v1`, key, model: `${format}-model` }),
    close: gateway.stop,
  };
}

/** The scripted upstream and a stage before it, for all tests of the file or block that calls this. */
export function scriptedStage(settings: StageSettings = {}): { upstream: Upstream } & Pick<Stage, 'target'> {
  const upstream = startUpstream({ key: PROVIDER_KEY });
  let stage: Stage | undefined;
  beforeAll(async () => {
    stage = await openStage(upstream.origin, settings);
  }, 120_000);
  afterAll(async () => {
    await stage?.close();
    await upstream.stop();
  });
  return { upstream, target: (format) => stage?.target(format) ?? expect.unreachable() };
}

/** Declares the tests of one file: every client, every upstream format, every scenario. */
export function matrix(clients: Client[]): void {
  const { upstream, target } = scriptedStage();

  for (const client of clients) {
    for (const format of FORMATS) {
      if (DIRECT && format !== client.format) continue;
      describe(`${client.name} over ${format}`, () => {
        for (const scenario of SCENARIOS) {
          if (scenario.convertedOnly && format === client.format) continue;
          if (scenario.notOver.includes(format)) continue;
          test(scenario.name, () => lead(upstream, target(format), client, format, scenario), 30_000);
        }
      });
    }
  }
}

async function lead(
  upstream: Upstream,
  target: Target,
  client: Client,
  format: WireFormat,
  scenario: Scenario,
): Promise<void> {
  upstream.play(scenario.turns, scenario.cutting);
  const tools = new ToolBox();
  const outcome = await client.converse(target, tools).catch((failure: unknown) => {
    throw new Error(`${String(failure)} | upstream refused: ${upstream.breaches().join('; ') || 'nothing'}`, {
      cause: failure,
    });
  });

  expect(upstream.breaches().filter((breach) => !breach.startsWith('thread'))).toEqual([]);
  const turns = upstream.turnsTaken();
  expect(turns.map((turn) => [turn.format, turn.model])).toEqual([
    [format, upstreamModel(format)],
    [format, upstreamModel(format)],
  ]);
  expect(outcome.text).toBe(scenario.finalText);
  expect(byName(tools.runs)).toEqual(byName(scenario.runs));
  expectResults(turns[1], tools.results);
  if (client.echoesReasoning && format !== 'openai-chat') expectReasoning(turns[1], format, scenario);
  if (outcome.tokens !== undefined) {
    const early = client.countsInputAtStart === true && format !== client.format;
    expectTokens(outcome.tokens, scenario, early, client.overcount ?? 0);
  }
  for (const turn of turns) expect(JSON.stringify(turn.headers)).not.toContain('sk-osiris');
  if (scenario.golden && !DIRECT) {
    for (const [i, turn] of turns.entries()) golden(`${client.name}-${format}-turn${i + 1}`, turn.body);
  }
}

/** Every tool result stands in the second request, whole. */
function expectResults(second: Received | undefined, results: string[]): void {
  const leaves: string[] = [];
  const walk = (node: unknown): void => {
    if (typeof node === 'string') leaves.push(node);
    else if (typeof node === 'object' && node !== null) for (const inner of Object.values(node)) walk(inner);
  };
  walk(second?.body);
  const lost = results.filter((result) => !leaves.some((leaf) => leaf.includes(result)));
  expect(lost).toEqual([]);
}

/** What the provider sealed comes back to it; the upstream has checked that nothing else did. */
function expectReasoning(second: Received | undefined, format: WireFormat, scenario: Scenario): void {
  const { reasoning } = scenario.turns[0];
  if (reasoning !== undefined) expect(JSON.stringify(second?.body)).toContain(sealOf(format, reasoning));
}

/** Libraries start a tool when its arguments are complete: the order of parallel runs is free. */
function byName(runs: ToolRun[]): ToolRun[] {
  return [...runs].sort((a, b) => a.name.localeCompare(b.name));
}

function expectTokens(tokens: Tokens, scenario: Scenario, early: boolean, overcount: number): void {
  const told = scenario.turns.map(usageOf);
  const sum = (count: (one: (typeof told)[number]) => number): number =>
    told.reduce((total, one) => total + count(one), 0);
  const output = sum((one) => one.output);
  if (!early) expect(tokens.input).toBe(sum((one) => one.input));
  expect(tokens.output).toBeGreaterThanOrEqual(output);
  expect(tokens.output).toBeLessThanOrEqual(output + overcount);
  if (tokens.cached !== undefined && !early) expect(tokens.cached).toBe(sum((one) => one.cached));
}
