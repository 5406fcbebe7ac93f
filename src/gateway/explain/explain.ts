// Tells what would become of a request, without calling anyone and without taking or noting anything.

import { holdOf } from '../../billing/hold.ts';
import { isFree } from '../../billing/rates.ts';
import { loadTokenizer } from '../../billing/tokens.ts';
import { Fault, toFault } from '../../canonical/fault.ts';
import { sameName } from '../../catalog/name.ts';
import type { Config } from '../../config/config.ts';
import { nowMs } from '../../lib/clock.ts';
import { asString, type JsonObject } from '../../lib/json.ts';
import { formatUsd } from '../../lib/money.ts';
import { calendarIn } from '../../store/calendar.ts';
import type { Key } from '../../store/ports.ts';
import { capJson, capStanding } from '../admission/daily-cap.ts';
import { holdRequestOf, keptHold } from '../admission/put-aside.ts';
import type { Call } from '../call.ts';
import { mayAskApart } from '../candidates/candidate.ts';
import { type Choice, choicesOf } from '../candidates/choices.ts';
import type { CoursePorts } from '../candidates/course.ts';
import { estimate } from '../count.ts';
import { pausesJson } from '../health/pause-desk.ts';
import type { PlanPorts } from '../plan.ts';
import { admitDry, type DryPorts } from './admission.ts';
import { type CandidateView, faultJson, viewCandidate } from './candidate.ts';
import { readQuestion } from './question.ts';

export type ExplainPorts = DryPorts &
  CoursePorts &
  PlanPorts & {
    userAgent: string;
    /** Throws Fault `not_found` or `conflict`. */
    findKey: (word: string) => Key;
  };

const SEAL_BYTES = 32;

/** Where no data directory is, there are no keys to name, and nothing has been spent. */
export function withoutKeys({ billing }: Config): Pick<ExplainPorts, 'ledger' | 'sealKey' | 'findKey'> {
  const { periodOf } = calendarIn(billing.timezone);
  return {
    ledger: {
      foresee: () => [],
      purse: () => undefined,
      trouble: () => undefined,
      today: () => ({ spentNano: 0n, heldNano: 0n, resetsAtMs: periodOf('day', nowMs()).endsAtMs }),
    },
    sealKey: new Uint8Array(SEAL_BYTES),
    findKey() {
      throw new Fault(
        'not_found',
        'There is no key yet: `osiris serve` makes the database they are kept in.',
      );
    },
  };
}

/** What the model is assumed to answer at most when nobody says. */
const OUTPUT_TOKENS_UNKNOWN = 8192;

/**
 * The explanation as JSON. `asked` has the members of `readQuestion` and `key`: an id, a name or a visible beginning;
 * without it nothing of limits and money is looked at. Throws Fault for a question that is none.
 */
export async function explain(asked: JsonObject, ports: ExplainPorts): Promise<JsonObject> {
  const word = asString(asked.key);
  const key = word === undefined ? undefined : ports.findKey(word);
  const question = readQuestion(asked);
  const head = {
    object: 'explanation',
    format: question.format,
    format_guessed: question.isGuessed,
    key: key === undefined ? null : { id: key.id, name: key.name, kind: key.kind },
  };
  const admission = await admitDry(question, key, ports).catch(faultOf);
  if ('code' in admission) return { ...head, ...refusedAtOnce(admission) };
  await loadTokenizer();
  const { call, refusals } = admission;
  const choices = choicesOf(call, ports);
  const views = choices.map((choice) => viewCandidate(choice, ports));
  const { hit } = call.caching ?? {};
  const tried = hit ? [] : triedOf(views);
  const last = tried.at(-1);
  const all = last?.fault ? [...refusals, last.fault] : refusals;
  const tokens = tokensOf(call);
  return {
    ...head,
    stream: call.stream,
    answered: all.length === 0 && (hit !== undefined || tried.length > 0),
    refusals: distinct(all).map(faultJson),
    model: modelJson(call),
    tokens,
    price: priceJson(call, tokens, ports),
    cache: cacheJson(call, ports),
    candidates: views.map((view, index) => ({
      position: index + 1,
      asked: tried.includes(view) && view.fault === undefined,
      ...view.json,
      price: priceOf(choices[index], ports),
    })),
    not_set_up: call.model.deployments
      .filter(({ provider }) => !ports.config.providers.has(provider))
      .map(({ provider, model }) => ({ provider, model })),
    server: serverJson(ports),
    warnings: [...serverWarnings(call, ports), ...warningsOf(call, key, tokens, tried)],
  };
}

/** What holds for all keys together. */
function serverJson({ pauses, turns, config, ...cap }: ExplainPorts): JsonObject {
  const { maxInFlight, queue } = config.server;
  return {
    paused: pausesJson(pauses).data ?? [],
    queue: { running: turns.running, max_in_flight: maxInFlight, waiting: turns.waiting, places: queue },
    daily_cap: capJson(capStanding(cap)),
  };
}

function serverWarnings({ key }: Call, { turns, config }: ExplainPorts): string[] {
  const { waits, fault } = turns.foresee(key.id, config.server);
  if (!waits || fault) return [];
  const { running, waiting } = turns;
  return [
    `${running} calls are under way, as many as server.max_in_flight allows, and ${waiting} wait: this one would wait for its turn, ${config.server.queueTimeoutMs / 1000} s at most.`,
  ];
}

/** Balance and budget may be held in the same words. */
function distinct(faults: readonly Fault[]): Fault[] {
  return [...new Map(faults.map((fault) => [fault.message, fault])).values()];
}

/** Our own bugs are no refusals. */
function faultOf(thrown: unknown): Fault {
  const fault = toFault(thrown);
  if (fault.code === 'internal_error') throw thrown;
  return fault;
}

function refusedAtOnce(fault: Fault): JsonObject {
  const nothing = { stream: null, model: null, tokens: null, price: null, cache: null };
  return {
    answered: false,
    refusals: [faultJson(fault)],
    ...nothing,
    candidates: [],
    not_set_up: [],
    server: null,
    warnings: [],
  };
}

/** Those whose turn can come: up to the first that ends the call. */
function triedOf(views: readonly CandidateView[]): CandidateView[] {
  const open = views.filter(({ json }) => json.obstacle === null);
  const end = open.findIndex(({ stops }) => stops);
  return end === -1 ? open : open.slice(0, end + 1);
}

function modelJson({ model, modelName, resolution }: Call): JsonObject {
  return {
    asked: modelName,
    id: model.id,
    found_by: foundBy(modelName, model.id, model.aliases, resolution.pinned),
    pinned_provider: resolution.pinned ?? null,
    context_tokens: model.contextTokens ?? null,
    max_output_tokens: model.maxOutputTokens ?? null,
  };
}

function foundBy(
  asked: string,
  id: string,
  aliases: readonly string[],
  pinned: string | undefined,
): 'id' | 'alias' | 'spelling' | 'provider/model' {
  if (asked === id) return 'id';
  if (aliases.includes(asked)) return 'alias';
  if (pinned !== undefined) return 'provider/model';
  return sameName(asked) === sameName(id) ? 'spelling' : 'alias';
}

type Tokens = {
  input_estimate: number;
  output_cap: number;
  /** `kind`: what is made has no words in it. */
  output_cap_from: 'request' | 'model' | 'kind' | 'default';
};

function tokensOf(call: Call): Tokens {
  const { outputCap, maxOutputTokens } = holdRequestOf(call, () => false);
  const input = { input_estimate: inputOf(call) };
  if (call.codec.makes !== undefined) return { ...input, output_cap: 0, output_cap_from: 'kind' };
  if (outputCap !== undefined && Number.isFinite(outputCap) && outputCap >= 0)
    return { ...input, output_cap: outputCap, output_cap_from: 'request' };
  if (maxOutputTokens !== undefined)
    return { ...input, output_cap: maxOutputTokens, output_cap_from: 'model' };
  return { ...input, output_cap: OUTPUT_TOKENS_UNKNOWN, output_cap_from: 'default' };
}

/** What is wrong with the request is told where it is planned. */
function inputOf(call: Call): number {
  try {
    return estimate(call);
  } catch {
    return call.promptTokens;
  }
}

/** Null where there is no cache for the call. */
function cacheJson(call: Call, { billing }: ExplainPorts): JsonObject | null {
  if (!call.caching) return null;
  const { hit, why, keeps } = call.caching;
  const kept = keptHold(call, billing);
  return {
    hit: hit !== undefined,
    why: why ?? null,
    keeps,
    age_s: hit ? Math.floor(hit.ageMs / 1000) : null,
    provider: hit?.provider ?? null,
    charge_usd: kept ? formatUsd(kept.holdNano) : null,
  };
}

/** Of a model that stands in for the one that was asked for; null for that one, whose price is told above. */
function priceOf(choice: Choice | undefined, ports: ExplainPorts): JsonObject | null {
  if (!choice?.isFallback) return null;
  return priceJson(choice.call, tokensOf(choice.call), ports);
}

/** From the prompt alone to an answer as long as it may be, in USD; what is put aside is by the gateway's quicker guess. */
function priceJson(
  call: Call,
  { input_estimate: promptTokens, output_cap: capTokens }: Tokens,
  { billing, config }: ExplainPorts,
): JsonObject {
  if (isFree(call.price)) return { free: true };
  const ordered = holdRequestOf(call, () => mayAskApart(call, config.providers));
  const request = { ...ordered, promptTokens };
  const holdFor = (expectedOutputTokens: number) =>
    holdOf(request, { ...billing, hold: 'expected', expectedOutputTokens });
  return {
    free: false,
    from_usd: formatUsd(holdFor(0).needNano),
    expected_usd: formatUsd(holdFor(billing.expectedOutputTokens).holdNano),
    up_to_usd: formatUsd(holdFor(capTokens).holdNano),
    minimum_usd: formatUsd(billing.minimumChargeNano),
    put_aside_usd: formatUsd((keptHold(call, billing) ?? holdOf(ordered, billing)).holdNano),
  };
}

function warningsOf(
  { model }: Call,
  key: Key | undefined,
  { input_estimate, output_cap, output_cap_from }: Tokens,
  tried: readonly CandidateView[],
): string[] {
  const warnings: string[] = [];
  const { contextTokens, maxOutputTokens } = model;
  if (key === undefined)
    warnings.push('No key was named, so limits, balance, budget and model list were not looked at.');
  if (contextTokens !== undefined && input_estimate > contextTokens)
    warnings.push(
      `The prompt is about ${input_estimate} tokens and the model reads ${contextTokens}: its provider will refuse it.`,
    );
  if (output_cap_from === 'request' && maxOutputTokens !== undefined && output_cap > maxOutputTokens)
    warnings.push(
      `The request allows ${output_cap} tokens of output and the model writes ${maxOutputTokens} at most.`,
    );
  if (tried.filter(({ fault }) => fault === undefined).length === 1)
    warnings.push('Only one deployment can answer: when it fails, so does the call.');
  return warnings;
}
