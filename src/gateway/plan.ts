// Decides how a call reaches one deployment: its own bytes with a few edits, or through the canonical model.

import { Fault } from '../canonical/fault.ts';
import type { FormatId } from '../canonical/part.ts';
import { mayRunCode } from '../formats/code-tool.ts';
import type { Codec } from '../formats/codec.ts';
import { codecIn, FORMATS } from '../formats/index.ts';
import { needsGateway } from '../formats/pass-edits.ts';
import type { Call } from './call.ts';
import { type Candidate, formatsOf } from './candidates/candidate.ts';
import { hasSearch, searchFormatsOf } from './candidates/search.ts';
import { decode } from './decoded.ts';
import { type PassPlan, type PassPorts, passPlan } from './plans/pass.ts';
import { targetFor } from './plans/target.ts';
import { type TranscodePlan, type TranscodePorts, transcodePlan } from './plans/transcode.ts';
import { isStrict } from './strict.ts';

export type PlanPorts = PassPorts & TranscodePorts;

export type Plan = PassPlan | TranscodePlan;

/**
 * The plan for one candidate: the client's own format when the deployment speaks it, else its first one. A provider
 * that wants its first format for everybody gets it unless that would lose more than the client's own one. Throws
 * Fault 400 when the request cannot be said in any of them.
 */
export function planCall(call: Call, candidate: Candidate, ports: PlanPorts): Plan {
  const formats = usableFormats(call, candidate, ports);
  const own = call.codec.id;
  const first = formats[0] ?? own;
  const speaksOwn = formats.includes(own);
  const target = targetFor(call, candidate);
  const isHard = needsGateway(own, call.body, target) || !formatsOf(candidate).includes(first);
  if (first === own || (speaksOwn && !candidate.provider.quirks.firstFormatFirst))
    return isHard
      ? transcodePlan(call, candidate, call.codec, ports, target)
      : passPlan(call, candidate, ports, target);
  const upstream = codecIn(first, call.codec.makes) ?? FORMATS[first];
  try {
    const plan = transcodePlan(call, candidate, upstream, ports, target);
    const mayMove = !isStrict(call);
    const lost = plan.losses.filter((loss) => !mayMove || loss.action !== 'moved').length;
    if (lost === 0 || !speaksOwn || isHard) return plan;
    const passing = passPlan(call, candidate, ports, target);
    return passing.losses.length < lost ? passing : plan;
  } catch (thrown) {
    if (speaksOwn && thrown instanceof Fault && thrown.status === 400)
      return passPlan(call, candidate, ports, target);
    throw thrown;
  }
}

/** A search, and code that runs at the provider, narrow the formats to those that have one, if there are any. */
function usableFormats(call: Call, candidate: Candidate, { sealKey }: PlanPorts): FormatId[] {
  const { makes } = call.codec;
  if (makes !== undefined) return makingFormats(makes, candidate);
  const formats = formatsOf(candidate);
  const searching = searchFormatsOf(candidate);
  const isApart = searching.length > formats.length;
  if (!call.extras?.searches && !isApart) return formats;
  const tools = isApart ? decode(call, sealKey).value.tools : [];
  if (mayRunCode(tools)) return searching.filter((format) => !formats.includes(format));
  if (!call.extras?.searches && !tools.some(({ kind }) => kind === 'web-search')) return formats;
  const able = searching.filter((format) => hasSearch(call.model, candidate, FORMATS[format]));
  return able.length > 0 ? able : formats;
}

/** Throws Fault `unsupported_parameter` when there is none. */
function makingFormats(makes: NonNullable<Codec['makes']>, candidate: Candidate): FormatId[] {
  const formats = formatsOf(candidate).filter((format) => codecIn(format, makes) !== undefined);
  if (formats.length > 0) return formats;
  const message = `No provider of this model makes ${makes} in a format known here. GET /v1/models tells which models make ${makes}.`;
  throw new Fault('unsupported_parameter', message, { param: 'model' });
}
