// One admitted call from top to bottom: plan, call, relay, settle.

import { Fault, toFault } from '../canonical/fault.ts';
import type { Loss } from '../canonical/loss.ts';
import { nowMs, nowS } from '../lib/clock.ts';
import { failpoint } from '../lib/failpoint.ts';
import { newAnswerToken } from '../lib/id.ts';
import type { AdmitPorts } from './admit.ts';
import { type Call, dressOf, leaveCall } from './call.ts';
import { candidatesOf } from './candidate.ts';
import { Meter } from './meter.ts';
import { PassedStream } from './pass.ts';
import { type Plan, planCall } from './plan.ts';
import { Relay } from './relay.ts';
import { Latch, ruleOf, type SettlePorts } from './settle.ts';
import { TranscodedStream } from './transcode.ts';
import { callUpstream, type UpstreamPorts, upstreamFault, withoutSecrets } from './upstream.ts';
import { answerWhole, failureOf, isEventStream } from './whole.ts';

export type GatewayPorts = AdmitPorts &
  UpstreamPorts &
  SettlePorts & {
    /** Proves envelopes around sealed reasoning to be ours, 32 bytes. */
    sealKey: Uint8Array;
  };

/** What a call came to: the body to send and what the headers say of it. */
export type Answer = {
  call: Call;
  body: Uint8Array | ReadableStream<Uint8Array>;
  stream: boolean;
  provider: string;
  attempts: number;
  losses: Loss[];
};

type Attempt = { call: Call; plan: Plan; meter: Meter; latch: Latch; ports: GatewayPorts };

/**
 * Answers one admitted call; `request` tells when its client leaves. Rejects with a Fault, already settled, when no
 * candidate could answer; the fault of the last candidate is the one the client sees.
 */
export async function answer(request: Request, call: Call, ports: GatewayPorts): Promise<Answer> {
  const latch = new Latch(call, ports);
  const leave = () => leaveCall(call);
  request.signal.addEventListener('abort', leave, { once: true });
  if (request.signal.aborted) leave();
  let provider = '';
  let losses: Loss[] = [];
  let meter = new Meter();
  try {
    const candidates = candidatesOf(call, ports.config.providers);
    for (let attempts = 1; ; attempts++) {
      const candidate = candidates[attempts - 1];
      if (!candidate)
        throw new Fault('no_provider', 'No provider of this model is set up.', { param: 'model' });
      provider = candidate.provider.id;
      call.trace.attempts = attempts;
      // a deadline ended the attempt before, not the call
      if (attempts > 1) call.abort = new AbortController();
      meter = new Meter();
      try {
        const plan = planCall(call, candidate, ports.sealKey);
        losses = plan.losses;
        const { body, stream } = await tryCandidate({ call, plan, meter, latch, ports });
        return { call, body, stream, provider, attempts, losses: plan.losses };
      } catch (thrown) {
        const fault = withoutSecrets(toFault(thrown), candidate.provider);
        if (attempts === candidates.length || call.hasLeft || !fault.rule.failover) throw fault;
      }
    }
  } catch (thrown) {
    const fault = toFault(thrown);
    call.trace.fault = fault;
    await latch.settle(ruleOf(fault), { provider, losses }, () => meter.usage(0)).catch(() => {});
    throw fault;
  } finally {
    request.signal.removeEventListener('abort', leave);
  }
}

async function tryCandidate(
  attempt: Attempt,
): Promise<{ body: Uint8Array | ReadableStream<Uint8Array>; stream: boolean }> {
  const { call, plan, meter, latch, ports } = attempt;
  call.trace.losses = plan.losses;
  const response = await callUpstream(call, plan, ports);
  call.trace.upstreamStatus = response.status;
  if (!response.ok) throw await failureOf(response, plan.upstream);
  if (call.stream && isEventStream(response) && response.body) {
    const relay = streamRelay(attempt, response.body);
    await relay.open();
    return { body: relay.body, stream: true };
  }
  const { provider } = plan.candidate;
  const bytes = await response.bytes().catch((thrown) => {
    throw upstreamFault(call, provider, thrown);
  });
  const whole = answerWhole(call, plan, { bytes, isStream: isEventStream(response) }, meter);
  try {
    await latch.settle('finished', { provider: provider.id, losses: plan.losses }, () =>
      meter.usage(call.bytes.length),
    );
  } catch (thrown) {
    throw new Fault('storage_fault', 'The answer could not be recorded; try again.', { cause: thrown });
  }
  failpoint('before-last-frame');
  latch.delivered();
  call.trace.sent.add(whole.body, nowMs());
  return whole;
}

function streamRelay(attempt: Attempt, upstream: ReadableStream<Uint8Array>): Relay {
  const { call, plan, meter, latch, ports } = attempt;
  const { provider, deployment } = plan.candidate;
  const { abort } = call;
  const clean = (fault: Fault) => withoutSecrets(fault, provider);
  const conversion =
    plan.kind === 'pass'
      ? new PassedStream({
          codec: call.codec,
          meter,
          requestId: call.requestId,
          showModel: plan.renamed && deployment.model !== call.modelName ? call.modelName : undefined,
          hideUsage: plan.hideUsage,
          clean,
        })
      : new TranscodedStream(plan, call.codec, dressOf(call, newAnswerToken(), nowS()), meter, clean);
  return new Relay(upstream, {
    watch: ports.watch,
    server: ports.server,
    conversion,
    beat: call.codec.telltale.beat,
    sent: call.trace.sent,
    settle: (rule) => {
      call.trace.fault ??= conversion.fault;
      return latch.settle(rule, { provider: provider.id, losses: plan.losses }, () =>
        meter.usage(call.bytes.length),
      );
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
