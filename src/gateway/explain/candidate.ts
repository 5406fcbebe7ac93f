// What one candidate would be sent, and what would be lost on the way there.

import type { HoldRules } from '../../billing/hold.ts';
import { type Fault, toFault } from '../../canonical/fault.ts';
import type { BillingConfig, Config } from '../../config/config.ts';
import { type JsonObject, type JsonValue, tryParseJson } from '../../lib/json.ts';
import { declarationOf } from '../../providers/index.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Ledger } from '../../store/ports.ts';
import { capHold, holdFault } from '../admission/put-aside.ts';
import { isForOthers } from '../attempts.ts';
import type { Call } from '../call.ts';
import { type Candidate, formatsOf, mayAskApart } from '../candidates/candidate.ts';
import type { Choice } from '../candidates/choices.ts';
import { type Plan, type PlanPorts, planCall } from '../plan.ts';
import { isStrict, refuseLosses } from '../strict.ts';
import { upstreamHeaders } from '../upstream.ts';

export type CandidateView = {
  json: JsonObject;
  /** What kept it from being asked; undefined when it would be. */
  fault: Fault | undefined;
  /** The fault ends the call instead of moving it on. */
  stops: boolean;
};

export type CandidatePorts = PlanPorts & {
  userAgent: string;
  ledger: Pick<Ledger, 'foresee' | 'purse'>;
  billing: HoldRules & Pick<BillingConfig, 'dailyCapNano'>;
  config: Pick<Config, 'providers'>;
};

const REDACTED = '[redacted]';

export function viewCandidate(
  { candidate, call, isFallback, reasons, obstacle }: Choice,
  ports: CandidatePorts,
): CandidateView {
  const { provider, deployment } = candidate;
  const head = {
    provider: provider.id,
    model: deployment.model,
    answers_as: call.model.id,
    fallback: isFallback,
    reasons,
    obstacle: obstacle ?? null,
  };
  try {
    const plan = planCall(call, withOwnTurns(candidate), remembersNothing(ports));
    const json = { ...head, ...planJson(plan, call, ports.userAgent), fault: null };
    const fault = (isStrict(call) ? strictFault(plan) : undefined) ?? capFault(plan, call, ports);
    if (!fault) return { json, fault, stops: false };
    return { json: { ...json, fault: faultJson(fault) }, fault, stops: !isForOthers(fault) };
  } catch (thrown) {
    const fault = toFault(thrown);
    const json = {
      ...head,
      plan: null,
      requests: [],
      further_requests: 0,
      losses: [],
      fault: faultJson(fault),
    };
    return { json, fault, stops: !isForOthers(fault) };
  }
}

function strictFault({ losses }: Plan): Fault | undefined {
  try {
    refuseLosses(losses);
    return undefined;
  } catch (thrown) {
    return toFault(thrown);
  }
}

/** Its provider may be allowed a longer answer than the client asked for, which a strict hold has to cover. */
function capFault(plan: Plan, call: Call, { ledger, billing, config }: CandidatePorts): Fault | undefined {
  const outputCap = plan.kind === 'transcode' ? plan.outputCap : undefined;
  const hold = capHold(call, outputCap, billing, () => mayAskApart(call, config.providers));
  if (hold === undefined) return undefined;
  const { id: callId, key, model, startedMs: atMs } = call;
  const order = { callId, key, model: model.id, ...hold, strict: true, capNano: billing.dailyCapNano, atMs };
  const [verdict] = ledger.foresee(order);
  return verdict && holdFault(verdict, order, ledger);
}

/** A copy, whose credentials take their turns beside those of the real one. */
function withOwnTurns({ provider, deployment }: Candidate): Candidate {
  return { deployment, provider: { ...provider } };
}

function remembersNothing<Ports extends PlanPorts>(ports: Ports): Ports {
  const { thoughts } = ports;
  return { ...ports, thoughts: { ...thoughts, remember() {} } };
}

export function faultJson({ status, code, message, param }: Fault): JsonObject {
  return { status, code, message, param: param ?? null };
}

function planJson(plan: Plan, call: Call, userAgent: string): JsonObject {
  const bodies = plan.kind === 'pass' ? [plan.body] : [plan.body, ...plan.more];
  const { provider } = plan.candidate;
  const url = provider.builtIn ? `${plan.path} (inside the process)` : provider.baseUrl + plan.path;
  const headers = openHeaders(upstreamHeaders(call, plan, userAgent), provider);
  return {
    plan: plan.kind,
    format: plan.upstream.id,
    why: whyThis(plan, call),
    requests: bodies.map((body) => ({
      method: 'POST',
      url: cover(url, provider),
      headers,
      body: bodyJson(body),
    })),
    further_requests: furtherRequests(plan),
    losses: plan.losses.map(({ path, action, reason }) => ({ path, action, reason })),
  };
}

/** So many more bring the rest of an answer that the provider stops in the middle. */
function furtherRequests(plan: Plan): number {
  return plan.kind === 'transcode' && plan.goesOn ? (plan.upstream.continuing?.requestsMax ?? 0) : 0;
}

function whyThis(plan: Plan, call: Call): string {
  const own = call.codec.id;
  if (plan.kind === 'pass') {
    const how = Buffer.from(plan.body).equals(call.bytes)
      ? 'as it came'
      : 'as it came but for the members that have to differ';
    return `${own} is spoken there: the request goes out ${how}`;
  }
  if (plan.upstream.id === own)
    return `${own} is spoken there, but the model cannot be told all of it unchanged`;
  const formats = formatsOf(plan.candidate);
  if (formats.includes(own))
    return `${own} is spoken there too, but ${plan.upstream.id} gets more out of the model and loses no more: the request is translated`;
  const offered = formats.join(' and ');
  return `the client speaks ${own} and the provider ${offered}: the request is translated`;
}

function bodyJson(body: Uint8Array): JsonValue {
  const text = new TextDecoder().decode(body);
  return tryParseJson(text) ?? text;
}

/** The headers without our secrets: credentials, and whatever the operator has written into `headers`. */
function openHeaders(headers: Record<string, string>, provider: Provider): JsonObject {
  const declared = declarationOf(provider.id)?.headers ?? {};
  const isPublic = (name: string, value: string) =>
    Object.entries(declared).some(([each, known]) => each.toLowerCase() === name && known === value);
  const own = new Set(Object.keys(provider.headers).map((name) => name.toLowerCase()));
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      own.has(name) && !isPublic(name, value) ? REDACTED : cover(value, provider),
    ]),
  );
}

function cover(text: string, { credentials }: Provider): string {
  let open = text;
  for (const secret of credentials) if (secret !== '') open = open.replaceAll(secret, REDACTED);
  return open;
}
