// One admitted call from top to bottom: plan, call, relay, settle.

import { toFault } from '../canonical/fault.ts';
import type { Loss } from '../canonical/loss.ts';
import type { Usage } from '../canonical/usage.ts';
import { monotonicMs } from '../lib/clock.ts';
import { failpoint } from '../lib/failpoint.ts';
import type { Reader } from '../lib/http-client/reader.ts';
import type { Cache, SettleRule } from '../store/ports.ts';
import type { AdmitPorts } from './admission/admit.ts';
import { refuseRevoked } from './admission/credentials.ts';
import { putAsideForCap } from './admission/put-aside.ts';
import type { Turn } from './admission/turns.ts';
import type { Conversion } from './answer/conversion.ts';
import { HealedStream, healingOf, healWhole } from './answer/healing.ts';
import { tellingBody } from './answer/last-bytes.ts';
import { PassedStream } from './answer/pass.ts';
import { refuseRefusal } from './answer/refusal.ts';
import { Relay } from './answer/relay.ts';
import { writeSeveral } from './answer/several-whole.ts';
import { renamesOf } from './answer/shown-names.ts';
import { StreamedCall, type StreamedPorts, streamFault } from './answer/streamed.ts';
import type { Eyes } from './answer/transcode.ts';
import { askTranslated, receive } from './answer/translated.ts';
import { answerPassed, answerTranslated, readWhole, type Whole } from './answer/whole.ts';
import { type AttemptPorts, Attempts } from './attempts.ts';
import { giveKept } from './cache/give.ts';
import { type Keep, type KeepPorts, keepFor, RecordedStream } from './cache/keep.ts';
import type { Hit } from './cache/kept-answer.ts';
import { type Call, forgetRequest, leaveCall } from './call.ts';
import { mayAskApart } from './candidates/candidate.ts';
import { Bill, type BillPorts } from './costs/bill.ts';
import { type Heard, Meter } from './meter.ts';
import { type Plan, type PlanPorts, planCall } from './plan.ts';
import type { PassPlan } from './plans/pass.ts';
import type { TranscodePlan } from './plans/transcode.ts';
import { noteSealsIn } from './reasoning/seal-notes.ts';
import { type Answerer, Latch, ruleOf, type SettlePorts, unrecordedFault } from './settle.ts';
import { isStrict, refuseLosses } from './strict.ts';
import { type UpstreamPorts, withoutSecrets } from './upstream.ts';
import type { Watched } from './watch.ts';

export type GatewayPorts = AdmitPorts &
  AttemptPorts &
  UpstreamPorts &
  BillPorts &
  SettlePorts &
  PlanPorts &
  KeepPorts &
  StreamedPorts & { cache: Cache };

/** What a call came to: the body to send and what the headers say of it. */
export type Answer = {
  call: Call;
  body: Uint8Array | ReadableStream<Uint8Array>;
  stream: boolean;
  provider: string;
  attempts: number;
  losses: Loss[];
  /** Nanodollars, when known before the answer leaves. */
  chargedNano: bigint | undefined;
};

type Delivery = Pick<Answer, 'body' | 'stream'>;
type Attempt = {
  call: Call;
  plan: Plan;
  meter: Meter;
  bill: Bill;
  latch: Latch;
  attempts: Attempts;
  ports: GatewayPorts;
};

/**
 * Answers one admitted call; `request` tells when its client leaves. Rejects with a Fault, already settled, when no
 * candidate could answer; the fault of the last candidate is the one the client sees.
 */
export async function answer(request: Request, call: Call, ports: GatewayPorts): Promise<Answer> {
  const bill = new Bill(call, ports);
  const latch = new Latch(call, bill, ports);
  // a listener would cost every call what only the few that are left need
  const noticeLeft = () => {
    if (request.signal.aborted && !call.hasLeft) leaveCall(call);
  };
  const leaving: Watched = { tick: noticeLeft };
  ports.watch.add(leaving);
  let provider = '';
  let losses: Loss[] = [];
  let heard: Meter | undefined;
  try {
    const { hit } = call.caching ?? {};
    if (hit) return await answerKept(call, hit, { bill, latch }, ports);
    if (call.turn?.state === 'waiting') await awaitTurn(call.turn, call, ports);
    const attempts = new Attempts(call, ports);
    for (;;) {
      const { candidate } = attempts.begin();
      provider = candidate.provider.id;
      const meter = new Meter(call.promptTokens);
      heard = meter;
      try {
        const plan = planCall(call, candidate, ports);
        losses = plan.losses;
        bill.goBy(plan);
        if (isStrict(call)) refuseLosses(losses);
        const holding =
          plan.kind === 'transcode' && holdCapOf(plan, call, ports, () => request.signal.aborted);
        if (holding) await holding;
        attempts.send(plan);
        const { body, stream } = await tryCandidate({ call, plan, meter, bill, latch, attempts, ports });
        attempts.answered(stream && body instanceof ReadableStream);
        const { chargedNano } = call.trace;
        return { call, body, stream, provider, attempts: attempts.count, losses, chargedNano };
      } catch (thrown) {
        // it may have left since the last tick: then it is not told of a failure
        noticeLeft();
        await attempts.failed(thrown);
      }
    }
  } catch (thrown) {
    const fault = toFault(thrown);
    call.trace.fault = fault;
    const used = () => (heard ?? new Meter(call.promptTokens)).usage();
    await latch.settle(ruleOf(fault), { provider, losses }, used).catch(() => {});
    throw fault;
  } finally {
    ports.watch.remove(leaving);
  }
}

/** Nobody is asked. */
async function answerKept(
  call: Call,
  hit: Hit,
  { bill, latch }: Pick<Attempt, 'bill' | 'latch'>,
  ports: GatewayPorts,
): Promise<Answer> {
  const { provider } = hit;
  const { losses, ...whole } = giveKept(call, hit, bill, ports);
  call.trace.losses = losses;
  await settleWhole(latch, 'cache', { provider, losses }, () => hit.usage);
  const { chargedNano } = call.trace;
  return { call, ...deliver(call, latch, whole), provider, attempts: 0, losses, chargedNano };
}

/** A whole answer may take its time and no more, wherever it spends it. The key may have been revoked meanwhile. */
async function awaitTurn(turn: Turn, call: Call, { watch, directory }: GatewayPorts): Promise<void> {
  const leftMs = call.begunMs + call.requestTimeoutMs - monotonicMs();
  await turn.wait(call.abort.signal, watch, call.stream ? undefined : leftMs);
  const now = directory.findById(call.key.id);
  if (now) refuseRevoked(now);
}

/** What its provider is allowed may be more than the client has asked for. */
function holdCapOf(
  { outputCap }: TranscodePlan,
  call: Call,
  ports: GatewayPorts,
  hasLeft: () => boolean,
): Promise<void> | undefined {
  return putAsideForCap(call, outputCap, ports, () => mayAskApart(call, ports.config.providers), hasLeft);
}

function tryCandidate(attempt: Attempt): Promise<Delivery> {
  const { call, plan } = attempt;
  call.trace.losses = plan.losses;
  return plan.kind === 'pass' ? tryPass(attempt, plan) : tryTranslated(attempt, plan);
}

async function tryPass(attempt: Attempt, plan: PassPlan): Promise<Delivery> {
  const { call, meter, bill, attempts, ports } = attempt;
  const { isStream, body } = await receive(call, plan, ports);
  if (!(body instanceof Uint8Array)) return openRelay(attempt, body, passedStream(attempt, plan), meter);
  const reply = { bytes: body, isStream };
  if (attempts.hasOtherForRefusal) refuseRefusal(readWhole(reply, plan));
  const made = answerPassed(call, plan, reply, meter, (usage) => bill.costOf(usage));
  const whole = await finishWhole(attempt, made, meter);
  if (plan.noteSeals) noteSealsIn(body, plan.noteSeals);
  keepFor(call, plan, ports)?.(reply, meter.usage());
  return whole;
}

async function tryTranslated(attempt: Attempt, plan: TranscodePlan): Promise<Delivery> {
  const { call, meter, bill, attempts, ports } = attempt;
  const faultOf = (thrown: unknown) => streamFault(call, plan.candidate.provider, thrown);
  const answers = await askTranslated({ call, plan, meter, attempts, ports, faultOf });
  const { heard, meters } = answers;
  if ('reader' in answers) return openRelay(attempt, answers.reader, answers.open(eyesOf(attempt)), heard);
  const { responses, reply } = answers;
  const [response] = responses;
  const costOf = (usage: Usage) => bill.costOf(usage);
  if (!response || responses.length > 1)
    return finishWhole(attempt, writeSeveral(call, plan, responses, meters, costOf), heard);
  if (attempts.hasOtherForRefusal) refuseRefusal(response);
  const whole = await finishWhole(attempt, answerTranslated(call, plan, response, meter, costOf), heard);
  if (reply && heard.isPlain) keepFor(call, plan, ports)?.(reply, meter.usage());
  return whole;
}

async function finishWhole(attempt: Attempt, made: Whole, heard: Heard): Promise<Delivery> {
  const { call, plan, latch } = attempt;
  const whole = healed(attempt, made);
  const answerer = { provider: plan.candidate.provider.id, losses: plan.losses };
  await settleWhole(latch, 'finished', answerer, () => heard.usage());
  return deliver(call, latch, whole);
}

async function settleWhole(
  latch: Latch,
  rule: SettleRule,
  answerer: Answerer,
  used: () => Usage,
): Promise<void> {
  try {
    await latch.settle(rule, answerer, used);
  } catch (thrown) {
    throw unrecordedFault(thrown);
  }
}

function healed({ call, plan }: Attempt, made: Whole): Whole {
  const healing = healingOf(call);
  return healing ? healWhole(made, plan.losses, healing) : made;
}

function deliver(call: Call, latch: Latch, whole: Whole): Delivery {
  failpoint('before-last-frame');
  call.trace.sent.add(whole.body);
  return { ...whole, body: tellingBody(whole.body, () => latch.delivered()) };
}

function eyesOf({ plan, bill }: Attempt): Eyes {
  const { provider } = plan.candidate;
  return { clean: (fault) => withoutSecrets(fault, provider), costOf: (usage) => bill.costOf(usage) };
}

function passedStream(attempt: Attempt, plan: PassPlan): Conversion {
  const { call, meter } = attempt;
  return new PassedStream({
    codec: call.codec,
    meter,
    requestId: call.requestId,
    renames: renamesOf(call, plan),
    mayHandOver: call.fallbacks?.member === 'fallbacks',
    tellsModel: call.fallbacks?.member === 'models',
    hideUsage: plan.hideUsage,
    noteSeals: plan.noteSeals,
    mender: call.codec.mending?.stream(),
    ...eyesOf(attempt),
  });
}

async function openRelay(
  attempt: Attempt,
  upstream: Reader,
  converting: Conversion,
  heard: Heard,
): Promise<Delivery> {
  const { call, ports } = attempt;
  const relay = new Relay(upstream, streamed(attempt, converting, heard));
  await relay.open();
  // nobody else will be asked
  forgetRequest(call);
  ports.streams.opened();
  return { body: relay.body, stream: true };
}

/** Not the plan: it holds the whole request. */
function streamed(
  { call, plan, latch, attempts, ports }: Attempt,
  converting: Conversion,
  heard: Heard,
): StreamedCall {
  const { losses } = plan;
  const { provider } = plan.candidate;
  const keep = keepFor(call, plan, ports);
  const recorded = keep && new RecordedStream(converting);
  const listened = recorded ?? converting;
  const healing = healingOf(call);
  return new StreamedCall({
    call,
    latch,
    attempts,
    heard,
    provider,
    losses,
    ports,
    conversion: healing ? new HealedStream(listened, losses, healing) : listened,
    keep: keep && recorded && keeping(recorded, keep, heard),
  });
}

function keeping(stream: RecordedStream, keep: Keep, heard: Heard): () => void {
  return () => {
    const bytes = stream.recorded;
    if (bytes) keep({ bytes, isStream: true }, heard.usage());
  };
}
