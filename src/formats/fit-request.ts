// Fits a canonical request to what its upstream can do, before it is written in the upstream's format.

import { Fault } from '../canonical/fault.ts';
import { instruct } from '../canonical/instruct.ts';
import type { Loss } from '../canonical/loss.ts';
import type { Part } from '../canonical/part.ts';
import type { CanonicalRequest } from '../canonical/request.ts';
import { StopCut } from '../canonical/stop-cut.ts';
import { fitPrewarm } from './cache-options.ts';
import type { Codec, Target } from './codec.ts';
import { fitCompaction } from './compaction.ts';
import { type FitStep, fitOutput } from './output-form.ts';
import { fitRemoteCalls } from './remote-calls.ts';
import { fitTier } from './service-tier.ts';
import { fitToolSearch } from './tool-search.ts';

/**
 * The request with what the model cannot do replaced by the nearest thing it can, each as a loss. `changes` undo in
 * the answer what the client must not see. Throws Fault `unsupported_parameter` where no answer would be the one the
 * client asked for.
 */
export function fitRequest(request: CanonicalRequest, target: Target, codec: Codec): FitStep {
  refuseUnseen(request, target, codec);
  refuseTools(request, target);
  refusePrefill(request, target);
  const out: FitStep = { request, losses: [], changes: [] };
  for (const step of STEPS) {
    const { request: fitted, losses, changes } = step(out.request, target, codec);
    out.request = fitted;
    out.losses.push(...losses);
    out.changes.push(...changes);
  }
  return out;
}

const STEPS = [
  fitVendor,
  fitPrewarm,
  fitCompaction,
  fitToolSearch,
  fitRemoteCalls,
  fitOutput,
  fitForcedChoice,
  fitStop,
  fitTier,
];

const SENSES = { image: 'images', audio: 'audio', file: 'files' } as const;

/** An answer about a picture the model never saw would be made up. */
function refuseUnseen({ messages }: CanonicalRequest, target: Target, codec: Codec): void {
  const refuse = (part: Part): void => {
    if (part.kind === 'tool-result') for (const inner of part.content) refuse(inner);
    if (part.kind !== 'image' && part.kind !== 'audio' && part.kind !== 'file') return;
    // an assistant's own recording is named, not heard; a text is a text whatever it is called
    if (part.source.from === 'text' || (part.kind === 'audio' && part.source.from === 'file-id')) return;
    if (isVideo(part) && codec.id !== 'google-generate-content')
      throw unsupported(
        part.at,
        `This model takes no videos: leave \`${part.at ?? 'it'}\` out, or use a Gemini model.`,
      );
    const sense = SENSES[part.kind];
    if (target[sense] !== false) return;
    const where = part.at === undefined ? sense : `\`${part.at}\``;
    throw unsupported(
      part.at,
      `This model takes no ${sense}: leave ${where} out, or use a model that does; GET /v1/models shows which.`,
    );
  };
  for (const message of messages) for (const part of message.parts) refuse(part);
}

function isVideo({ source }: Extract<Part, { source: unknown }>): boolean {
  return source.from === 'base64' && source.mediaType.startsWith('video/');
}

function refuseTools({ tools, origin }: CanonicalRequest, target: Target): void {
  const [first] = tools;
  if (!first || target.tools !== false) return;
  throw unsupported(
    first.at ?? origin.tools ?? 'tools',
    'This model calls no tools: leave `tools` out, or use a model that does; GET /v1/models shows which.',
  );
}

/** Such a model would answer the beginning it is given instead of going on with it, or refuse the request. */
function refusePrefill({ messages }: CanonicalRequest, target: Target): void {
  const last = messages.at(-1);
  if (target.prefill !== false || last?.role !== 'assistant') return;
  if (!last.parts.some((part) => part.kind === 'text')) return;
  throw unsupported(
    last.at ?? 'messages',
    'This model does not go on with a begun answer: end the conversation with a user turn.',
  );
}

/** Without a prompt that lies at the provider the answer would be about something else. */
function fitVendor(request: CanonicalRequest, _target: Target, codec: Codec): FitStep {
  const { vendor, ...rest } = request;
  if (!vendor || vendor.raw.format === codec.id) return { request, losses: [], changes: [] };
  const cached = vendor.places.cachedContent;
  if (cached !== undefined)
    throw unsupported(cached, `Only Gemini models have \`${cached}\`: leave it out, or use one of them.`);
  const reason = 'only Gemini models know it';
  const losses = Object.values(vendor.places).map((path): Loss => ({ path, action: 'dropped', reason }));
  return { request: rest, losses, changes: [] };
}

function fitForcedChoice(request: CanonicalRequest, target: Target): FitStep {
  const { toolChoice, origin } = request;
  if (target.forcedTools !== false || !toolChoice) return { request, losses: [], changes: [] };
  const isForced =
    toolChoice.mode === 'one' ||
    toolChoice.mode === 'required' ||
    toolChoice.mode === 'hosted' ||
    (toolChoice.mode === 'subset' && toolChoice.required);
  if (!isForced) return { request, losses: [], changes: [] };
  const text =
    toolChoice.mode === 'one'
      ? `Answer this turn by calling the tool \`${toolChoice.name}\`.`
      : 'Answer this turn by calling one of the tools.';
  const fitted = instruct(request, text);
  fitted.toolChoice = toolChoice.mode === 'subset' ? { ...toolChoice, required: false } : { mode: 'auto' };
  const reason = 'the model cannot be forced to call a tool; it is told to';
  return {
    request: fitted,
    losses: [{ path: origin.toolChoice ?? 'tool_choice', action: 'changed', reason }],
    changes: [],
  };
}

const CUT_HERE = 'the gateway ends the answer there; the provider may write a little more';

/** What the format has no room for, or its vendor refuses, is cut here. */
function fitStop(request: CanonicalRequest, target: Target, codec: Codec): FitStep {
  const { stop = [], ...sampling } = request.sampling;
  const words = stop.filter((word) => word !== '');
  const { max, blank } = target.stop === false ? { max: 0, blank: false } : codec.stops;
  const taken = words.filter((word) => blank || word.trim() !== '').slice(0, max);
  if (taken.length === stop.length) return { request, losses: [], changes: [] };
  const others = words.filter((word) => !taken.includes(word));
  const path = request.origin['sampling.stop'] ?? 'stop';
  const kept = taken.length === 0 ? sampling : { ...sampling, stop: taken };
  return {
    request: { ...request, sampling: kept },
    losses:
      others.length === 0
        ? [{ path, action: 'dropped', reason: 'an empty text ends nothing' }]
        : [{ path, action: 'changed', reason: CUT_HERE }],
    changes: others.length === 0 ? [] : [() => new StopCut(others)],
  };
}

function unsupported(param: string | undefined, message: string): Fault {
  return new Fault('unsupported_parameter', message, { param });
}
