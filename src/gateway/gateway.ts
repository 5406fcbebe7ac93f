// One admitted call from top to bottom: plan, call, relay, settle.

import { Fault, toFault } from '../canonical/fault.ts';
import type { Loss } from '../canonical/loss.ts';
import type { Usage } from '../canonical/usage.ts';
import { nowMs, nowS } from '../lib/clock.ts';
import { failpoint } from '../lib/failpoint.ts';
import { newAnswerToken } from '../lib/id.ts';
import type { AdmitPorts } from './admit.ts';
import { type Call, dressOf, forgetRequest, leaveCall } from './call.ts';
import { candidatesOf } from './candidate.ts';
import { HealedStream, healWhole } from './healing.ts';
import { tellingBody } from './last-bytes.ts';
import { Meter } from './meter.ts';
import { PassedStream } from './pass.ts';
import { type Plan, type PlanPorts, planCall } from './plan.ts';
import { Relay } from './relay.ts';
import { noteSealsIn } from './seal-notes.ts';
import { ableCandidates } from './search.ts';
import { Latch, ruleOf, type SettlePorts } from './settle.ts';
import { TranscodedStream } from './transcode.ts';
import { callUpstream, type UpstreamPorts, upstreamFault, withoutSecrets } from './upstream.ts';
import type { Watched } from './watch.ts';
import { answerWhole, failureOf } from './whole.ts';

export type GatewayPorts = AdmitPorts & UpstreamPorts & SettlePorts & PlanPorts;

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

type Attempt = { call: Call; plan: Plan; meter: Meter; latch: Latch; ports: GatewayPorts };

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
    const candidates = ableCandidates(call, candidatesOf(call, ports.config.providers), ports.models);
    for (let attempts = 1; ; attempts++) {
      const candidate = candidates[attempts - 1];
      if (!candidate)
        throw new Fault('no_provider', 'No provider of this model is set up.', { param: 'model' });
      provider = candidate.provider.id;
      call.trace.attempts = attempts;
      // a deadline ended the attempt before, not the call
      if (attempts > 1) call.abort = new AbortController();
      meter = new Meter(call.promptTokens);
      try {
        const plan = planCall(call, candidate, ports);
        losses = plan.losses;
        const { body, stream } = await tryCandidate({ call, plan, meter, latch, ports });
        const { costNano } = call.trace;
        const charged = costNano === undefined ? {} : { chargedNano: costNano };
        return { call, body, stream, provider, attempts, losses: plan.losses, ...charged };
      } catch (thrown) {
        const fault = withoutSecrets(toFault(thrown), candidate.provider);
        if (attempts === candidates.length || call.hasLeft || !fault.rule.failover) throw fault;
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

async function tryCandidate(
  attempt: Attempt,
): Promise<{ body: Uint8Array | ReadableStream<Uint8Array>; stream: boolean }> {
  const { call, plan, meter, latch, ports } = attempt;
  call.trace.losses = plan.losses;
  const received = await callUpstream(call, plan, ports);
  const { status, isStream, body } = received;
  call.trace.upstreamStatus = status;
  if (status < 200 || status > 299) throw failureOf(received, plan.upstream);
  if (!(body instanceof Uint8Array)) {
    const relay = streamRelay(attempt, body);
    await relay.open();
    // nobody else will be asked
    forgetRequest(call);
    return { body: relay.body, stream: true };
  }
  const { provider } = plan.candidate;
  const made = answerWhole(call, plan, { bytes: body, isStream }, meter, (usage) => latch.costOf(usage));
  const whole = call.extras?.mendsJson ? healWhole(made, plan.losses) : made;
  try {
    await latch.settle('finished', { provider: provider.id, losses: plan.losses }, () => meter.usage());
  } catch (thrown) {
    throw new Fault('storage_fault', 'The answer could not be recorded; try again.', { cause: thrown });
  }
  if (plan.kind === 'pass' && plan.noteSeals) noteSealsIn(body, plan.noteSeals);
  failpoint('before-last-frame');
  call.trace.sent.add(whole.body, nowMs());
  return { ...whole, body: tellingBody(whole.body, () => latch.delivered()) };
}

function streamRelay(attempt: Attempt, upstream: ReadableStream<Uint8Array>): Relay {
  const { call, plan, meter, latch, ports } = attempt;
  const { provider, deployment } = plan.candidate;
  // not the plan: it holds the whole request
  const { losses } = plan;
  const { abort } = call;
  const clean = (fault: Fault) => withoutSecrets(fault, provider);
  const costOf = (usage: Usage) => latch.costOf(usage);
  const converting =
    plan.kind === 'pass'
      ? new PassedStream({
          codec: call.codec,
          meter,
          requestId: call.requestId,
          showModel: plan.renamed && deployment.model !== call.modelName ? call.modelName : undefined,
          hideUsage: plan.hideUsage,
          noteSeals: plan.noteSeals,
          mender: call.codec.mending?.stream(),
          clean,
          costOf,
        })
      : new TranscodedStream(plan, call.codec, dressOf(call, newAnswerToken(), nowS()), meter, {
          clean,
          costOf,
        });
  const conversion = call.extras?.mendsJson ? new HealedStream(converting, plan.losses) : converting;
  return new Relay(upstream, {
    watch: ports.watch,
    server: ports.server,
    conversion,
    beat: call.codec.telltale.beat,
    sent: call.trace.sent,
    settle: (rule) => {
      call.trace.fault ??= conversion.fault;
      return latch.settle(rule, { provider: provider.id, losses }, () => meter.usage());
    },
    delivered: () => latch.delivered(),
    abort: (reason) => abort.abort(reason),
    breakOff: (fault) =>
      call.codec.breakOff(fault, { first: undefined, frames: 0, requestId: call.requestId }),
    faultOf: (thrown) => streamFault(upstreamFault(call, provider, thrown)),
  });
}

/** A connection that broke while it carried an answer truncated it. */
function streamFault(fault: Fault): Fault {
  if (fault.code !== 'upstream_unreachable') return fault;
  const message = 'The provider broke off the stream before the answer was complete.';
  return new Fault('upstream_truncated', message, { cause: fault.cause });
}
