// One admitted call from top to bottom: plan, call, relay, settle.

import { Fault, toFault } from '../canonical/fault.ts';
import type { Loss } from '../canonical/loss.ts';
import { sumUsages, type Usage } from '../canonical/usage.ts';
import { nowMs, nowS } from '../lib/clock.ts';
import { failpoint } from '../lib/failpoint.ts';
import { newAnswerToken } from '../lib/id.ts';
import type { Cache, SettleRule } from '../store/ports.ts';
import type { AdmitPorts } from './admission/admit.ts';
import type { Turn } from './admission/turns.ts';
import { type BadTool, badToolOf } from './answer/bad-tool.ts';
import type { Conversion } from './answer/conversion.ts';
import { HealedStream, healWhole } from './answer/healing.ts';
import { tellingBody } from './answer/last-bytes.ts';
import { PassedStream } from './answer/pass.ts';
import { refused, refuseRefusal } from './answer/refusal.ts';
import { Relay } from './answer/relay.ts';
import { joinStreams, SeveralStreams } from './answer/several-stream.ts';
import { writeSeveral } from './answer/several-whole.ts';
import { type Eyes, TranscodedStream } from './answer/transcode.ts';
import { answerWhole, failureOf, readWhole } from './answer/whole.ts';
import { type AttemptPorts, Attempts } from './attempts.ts';
import { giveKept } from './cache/give.ts';
import { type Keep, type KeepPorts, keepFor, RecordedStream } from './cache/keep.ts';
import type { Hit } from './cache/kept-answer.ts';
import { type Call, dressOf, forgetRequest, leaveCall } from './call.ts';
import { hasFreeContainers } from './containers.ts';
import { Meter } from './meter.ts';
import { type Plan, type PlanPorts, planCall, type TranscodePlan } from './plan.ts';
import { noteSealsIn } from './reasoning/seal-notes.ts';
import { type Answerer, Latch, ruleOf, type SettlePorts } from './settle.ts';
import { isStrict, refuseLosses } from './strict.ts';
import {
  callUpstream,
  type Received,
  type UpstreamPorts,
  upstreamFault,
  withoutSecrets,
} from './upstream.ts';
import type { Watched } from './watch.ts';

export type GatewayPorts = AdmitPorts &
  AttemptPorts &
  UpstreamPorts &
  SettlePorts &
  PlanPorts &
  KeepPorts & { cache: Cache };

/** What a call came to: the body to send and what the headers say of it. */
export type Answer = {
  call: Call;
  body: Uint8Array | ReadableStream<Uint8Array>;
  stream: boolean;
  provider: string;
  attempts: number;
  losses: Loss[];
  /** Nanodollars, when known before the answer leaves. */
  chargedNano?: bigint;
};

type Delivery = Pick<Answer, 'body' | 'stream'>;
type Attempt = {
  call: Call;
  plan: Plan;
  meter: Meter;
  latch: Latch;
  attempts: Attempts;
  ports: GatewayPorts;
};

/**
 * Answers one admitted call; `request` tells when its client leaves. Rejects with a Fault, already settled, when no
 * candidate could answer; the fault of the last candidate is the one the client sees.
 */
export async function answer(request: Request, call: Call, ports: GatewayPorts): Promise<Answer> {
  const latch = new Latch(call, ports);
  // a listener would cost every call what only the few that are left need
  const leaving: Watched = {
    tick: () => {
      if (request.signal.aborted && !call.hasLeft) leaveCall(call);
    },
  };
  ports.watch.add(leaving);
  let provider = '';
  let losses: Loss[] = [];
  let meter = new Meter(call.promptTokens);
  try {
    const { hit } = call.caching ?? {};
    if (hit) return await answerKept(call, hit, latch, ports);
    if (call.turn?.state === 'waiting') await awaitTurn(call.turn, call, ports);
    const attempts = new Attempts(call, ports);
    for (;;) {
      const { candidate } = attempts.begin();
      provider = candidate.provider.id;
      meter = new Meter(call.promptTokens);
      try {
        const plan = planCall(call, candidate, ports);
        losses = plan.losses;
        latch.freesContainers = hasFreeContainers(call, plan);
        if (isStrict(call)) refuseLosses(losses);
        attempts.send(plan);
        const { body, stream } = await tryCandidate({ call, plan, meter, latch, attempts, ports });
        attempts.answered(stream && body instanceof ReadableStream);
        const { costNano } = call.trace;
        const charged = costNano === undefined ? {} : { chargedNano: costNano };
        return { call, body, stream, provider, attempts: attempts.count, losses, ...charged };
      } catch (thrown) {
        await attempts.failed(thrown);
      }
    }
  } catch (thrown) {
    const fault = toFault(thrown);
    call.trace.fault = fault;
    await latch.settle(ruleOf(fault), { provider, losses }, () => meter.usage()).catch(() => {});
    throw fault;
  } finally {
    ports.watch.remove(leaving);
  }
}

/** Nobody is asked. */
async function answerKept(call: Call, hit: Hit, latch: Latch, ports: GatewayPorts): Promise<Answer> {
  const { provider } = hit;
  const { losses, ...whole } = giveKept(call, hit, latch, ports);
  call.trace.losses = losses;
  await settleWhole(latch, 'cache', { provider, losses }, () => hit.usage);
  const { costNano } = call.trace;
  const charged = costNano === undefined ? {} : { chargedNano: costNano };
  return { call, ...deliver(call, latch, whole), provider, attempts: 0, losses, ...charged };
}

/** A whole answer may take its time and no more, wherever it spends it. */
function awaitTurn(turn: Turn, call: Call, { watch }: GatewayPorts): Promise<void> {
  const leftMs = call.startedMs + call.requestTimeoutMs - nowMs();
  return turn.wait(call.abort.signal, watch, call.stream ? undefined : leftMs);
}

async function tryCandidate(attempt: Attempt): Promise<Delivery> {
  const { call, plan, meter, latch, attempts, ports } = attempt;
  call.trace.losses = plan.losses;
  if (plan.kind === 'transcode' && plan.more.length > 0) return trySeveral(attempt, plan);
  const received = await callUpstream(call, plan, ports);
  const { status, isStream, body } = received;
  call.trace.upstreamStatus = status;
  if (status < 200 || status > 299) throw failureOf(received, plan.upstream);
  if (!(body instanceof Uint8Array)) {
    return openRelay(attempt, body, conversionOf(attempt), () => meter.usage());
  }
  if (attempts.hasOtherForRefusal) refuseRefusal({ bytes: body, isStream }, plan);
  const made = answerWhole(call, plan, { bytes: body, isStream }, meter, (usage) => latch.costOf(usage));
  const badTool = badToolOf(attempt);
  const fault = badTool.fault();
  if (fault) throw fault;
  badTool.tell();
  const whole = healed(attempt, made);
  const answerer = { provider: plan.candidate.provider.id, losses: plan.losses };
  await settleWhole(latch, 'finished', answerer, () => meter.usage());
  if (plan.kind === 'pass' && plan.noteSeals) noteSealsIn(body, plan.noteSeals);
  keepFor(call, plan, ports)?.({ bytes: body, isStream }, meter.usage());
  return deliver(call, latch, whole);
}

/** As many requests as answers are wanted, side by side; the failure of one is that of all. */
async function trySeveral(attempt: Attempt, plan: TranscodePlan): Promise<Delivery> {
  const { call, latch, ports } = attempt;
  const received = await receiveAll(call, plan, ports);
  const meters = received.map(() => new Meter(call.promptTokens));
  const used = sumOf(meters);
  const streams = received.flatMap(({ body }) => (body instanceof Uint8Array ? [] : [body]));
  if (streams.length === received.length) {
    const dress = dressOf(call, newAnswerToken(), nowS());
    const conversion = new SeveralStreams(plan, call.codec, dress, meters, eyesOf(attempt));
    return openRelay(attempt, joinStreams(streams), conversion, used);
  }
  const responses = await Promise.all(
    received.map(async ({ body, isStream }) => {
      const bytes = body instanceof Uint8Array ? body : await new Response(body).bytes();
      return readWhole({ bytes, isStream }, plan);
    }),
  );
  const made = writeSeveral(call, plan, responses, meters, (usage) => latch.costOf(usage));
  const whole = healed(attempt, made);
  const answerer = { provider: plan.candidate.provider.id, losses: plan.losses };
  await settleWhole(latch, 'finished', answerer, used);
  return deliver(call, latch, whole);
}

/** A function of its own, so that a stream that is under way keeps the meters and nothing else. */
function sumOf(meters: readonly Meter[]): () => Usage {
  return () => sumUsages(meters.map((meter) => meter.usage()));
}

async function receiveAll(call: Call, plan: TranscodePlan, ports: GatewayPorts): Promise<Received[]> {
  try {
    const bodies = [plan.body, ...plan.more];
    const received = await Promise.all(bodies.map((body) => callUpstream(call, { ...plan, body }, ports)));
    for (const one of received) {
      call.trace.upstreamStatus = one.status;
      if (one.status < 200 || one.status > 299) throw failureOf(one, plan.upstream);
    }
    return received;
  } catch (thrown) {
    // the others would go on being paid
    call.abort.abort(toFault(thrown));
    throw thrown;
  }
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
    throw new Fault('storage_fault', 'The answer could not be recorded; try again.', { cause: thrown });
  }
}

type Whole = { body: Uint8Array; stream: boolean };

function healed({ call, plan }: Attempt, made: Whole): Whole {
  return call.extras?.mendsJson ? healWhole(made, plan.losses) : made;
}

function deliver(call: Call, latch: Latch, whole: Whole): Delivery {
  failpoint('before-last-frame');
  call.trace.sent.add(whole.body, nowMs());
  return { ...whole, body: tellingBody(whole.body, () => latch.delivered()) };
}

function eyesOf({ plan, latch }: Attempt): Eyes {
  const { provider } = plan.candidate;
  return { clean: (fault) => withoutSecrets(fault, provider), costOf: (usage) => latch.costOf(usage) };
}

function conversionOf(attempt: Attempt): Conversion {
  const { call, plan, meter } = attempt;
  const { deployment } = plan.candidate;
  const eyes = eyesOf(attempt);
  if (plan.kind === 'transcode')
    return new TranscodedStream(plan, call.codec, dressOf(call, newAnswerToken(), nowS()), meter, eyes);
  return new PassedStream({
    codec: call.codec,
    meter,
    requestId: call.requestId,
    showModel: plan.renamed && deployment.model !== call.modelName ? call.modelName : undefined,
    hideUsage: plan.hideUsage,
    noteSeals: plan.noteSeals,
    mender: call.codec.mending?.stream(),
    ...eyes,
  });
}

/** `used` is what the answer used so far. */
async function openRelay(
  attempt: Attempt,
  upstream: ReadableStream<Uint8Array>,
  converting: Conversion,
  used: () => Usage,
): Promise<Delivery> {
  const { call, plan, latch, attempts, ports } = attempt;
  const { provider } = plan.candidate;
  // not the plan: it holds the whole request
  const { losses } = plan;
  const { abort } = call;
  const keep = keepFor(call, plan, ports);
  const badTool = badToolOf(attempt);
  const recorded = keep && new RecordedStream(converting);
  const listened = recorded ?? converting;
  const conversion = call.extras?.mendsJson ? new HealedStream(listened, losses) : listened;
  const relay = new Relay(upstream, {
    watch: ports.watch,
    server: ports.server,
    conversion,
    calledMs: call.startedMs,
    beat: call.codec.telltale.beat,
    sent: call.trace.sent,
    settle: (rule) => {
      call.trace.fault ??= conversion.fault;
      attempts.ended(rule, conversion.fault);
      if (rule === 'finished') badTool.tell();
      const settled = latch.settle(rule, { provider: provider.id, losses }, used);
      return keep && rule === 'finished' ? settled.then(() => keepRecorded(recorded, keep, used)) : settled;
    },
    delivered: () => latch.delivered(),
    abort: (reason) => abort.abort(reason),
    breakOff: (fault) =>
      call.codec.breakOff(fault, { first: undefined, frames: 0, requestId: call.requestId }),
    unwanted: unwantedBy(attempt, badTool),
    faultOf: (thrown) => streamFault(upstreamFault(call, provider, thrown)),
  });
  await relay.open();
  // nobody else will be asked
  forgetRequest(call);
  return { body: relay.body, stream: true };
}

/** Why the answer is not the one to show, as long as another may be asked for. */
function unwantedBy({ attempts, meter }: Attempt, badTool: BadTool): () => Fault | undefined {
  const hasOther = attempts.hasOtherForRefusal;
  return () => (hasOther && meter.refused ? refused() : badTool.fault());
}

function keepRecorded(stream: RecordedStream | undefined, keep: Keep, used: () => Usage): void {
  const bytes = stream?.recorded;
  if (bytes) keep({ bytes, isStream: true }, used());
}

/** A connection that broke while it carried an answer truncated it. */
function streamFault(fault: Fault): Fault {
  if (fault.code !== 'upstream_unreachable') return fault;
  const message = 'The provider broke off the stream before the answer was complete.';
  return new Fault('upstream_truncated', message, { cause: fault.cause });
}
