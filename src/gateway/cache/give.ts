// Gives an answer again that is kept, in the format and the grammar that are asked for now.

import type { Loss } from '../../canonical/loss.ts';
import type { CanonicalResponse } from '../../canonical/response.ts';
import type { ThoughtStore } from '../../store/ports.ts';
import { healingOf, healWhole } from '../answer/healing.ts';
import { type Whole, writeStream, writeWhole } from '../answer/whole.ts';
import type { Call } from '../call.ts';
import type { Bill } from '../costs/bill.ts';
import { decode } from '../decoded.ts';
import { AnswerSeals, type Sealing } from '../reasoning/answer-seals.ts';
import { rememberThoughts, turnHash } from '../reasoning/recollection.ts';
import { noteSealsIn, noteSealsInFrames, sealNotes } from '../reasoning/seal-notes.ts';
import type { Hit } from './kept-answer.ts';

type GivePorts = { sealKey: Uint8Array; thoughts: ThoughtStore };

/** The client's answer; `losses` are those of the way to its provider. Settles nothing. */
export function giveKept(
  call: Call,
  hit: Hit,
  bill: Bill,
  ports: GivePorts,
): { body: Uint8Array; stream: boolean; losses: Loss[] } {
  const losses = hit.losses.filter(({ path }) => (path.split(/[.[]/, 1)[0] ?? '') in call.body);
  const sealed = new AnswerSeals(sealingOf(call, hit, ports), call.codec.issuer).response(
    withCost(hit, bill),
  );
  const { stream } = call;
  const written = { body: stream ? writeStream(call, sealed) : writeWhole(call, sealed), stream };
  noteSeals(written, call, hit, ports);
  const healing = healingOf(call);
  return { ...(healing ? healWhole(written, losses, healing) : written), losses };
}

function withCost({ response, usage }: Hit, bill: Bill): CanonicalResponse {
  const cost = response.usage && bill.costOf(usage);
  return cost ? { ...response, usage: { ...usage, cost } } : response;
}

function sealingOf(call: Call, { scope, sealsTexts }: Hit, { sealKey, thoughts }: GivePorts): Sealing {
  const after = turnHash(decode(call, sealKey).value.messages.at(-1));
  return {
    key: sealKey,
    scope,
    sealsTexts,
    remember: (parts, textHash) => rememberThoughts({ parts, textHash, after }, call.key.id, thoughts),
  };
}

/** Seals that stand in the answer as they were made tell nobody whose they are. */
function noteSeals(
  { body, stream }: Whole,
  { key }: Call,
  { response, scope }: Hit,
  { thoughts }: GivePorts,
): void {
  if (!response.parts.some((part) => part.kind === 'reasoning' && part.seal)) return;
  const note = sealNotes(key.id, scope, thoughts);
  if (stream) noteSealsInFrames(body, note);
  else noteSealsIn(body, note);
}
