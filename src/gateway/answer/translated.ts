// Asks for the answers of a translated request, as many as are wanted and with as many requests as they take.

import { type Fault, toFault } from '../../canonical/fault.ts';
import type { CanonicalResponse } from '../../canonical/response.ts';
import { sumUsages } from '../../canonical/usage.ts';
import { nowS } from '../../lib/clock.ts';
import type { Reader } from '../../lib/http-client/reader.ts';
import { newAnswerToken } from '../../lib/id.ts';
import { holdRequestOf, type PutAsidePorts, putAsideForMore } from '../admission/put-aside.ts';
import type { Attempts } from '../attempts.ts';
import { type Call, dressOf } from '../call.ts';
import { type Heard, Meter } from '../meter.ts';
import type { TranscodePlan } from '../plans/transcode.ts';
import { callUpstream, type Received, type Sending, type UpstreamPorts } from '../upstream.ts';
import type { Conversion } from './conversion.ts';
import { allBytes } from './reader.ts';
import { Rounds } from './rounds.ts';
import { RoundsReader, readerOf } from './rounds-reader.ts';
import { joinReaders, SeveralStreams } from './several-stream.ts';
import { type Eyes, TranscodedStream } from './transcode.ts';
import { failureOf, readWhole, type WholeReply } from './whole.ts';

export type TranslatePorts = UpstreamPorts & Pick<PutAsidePorts, 'ledger' | 'billing'>;

type Asking = {
  call: Call;
  plan: TranscodePlan;
  /** Hears the only answer; several have one each. */
  meter: Meter;
  attempts: Attempts;
  ports: TranslatePorts;
  /** What a thrown read error means. */
  faultOf: (thrown: unknown) => Fault;
};

/**
 * The answers on their way, or here. `heard` is of all of them, `meters` has one for each; `reply` is the only
 * one.
 */
export type Translated = { heard: Heard; meters: Meter[] } & (
  | { reader: Reader; open: (eyes: Eyes) => Conversion }
  | { responses: CanonicalResponse[]; reply: WholeReply | undefined }
);

/** Throws Fault when any of them cannot be had: the failure of one is that of all. */
export async function askTranslated(asking: Asking): Promise<Translated> {
  const { call, plan, meter, ports, faultOf } = asking;
  const bodies = [plan.body, ...plan.more];
  const received = await allOf(
    call,
    bodies.map((body) => receive(call, { ...plan, body }, ports)),
  );
  const meters = bodies.length === 1 ? [meter] : bodies.map(() => new Meter(call.promptTokens));
  const heard = heardBy(meters);
  const rounds = bodies.map((body, i) => roundsOf(asking, body, meters[i] ?? meter, heard));
  if (received.every(({ body }) => !(body instanceof Uint8Array))) {
    const readers = received.map((one, i) => {
      const answer = rounds[i];
      return answer
        ? new RoundsReader(readerOf(one), answer, { watch: ports.watch, faultOf })
        : readerOf(one);
    });
    const [only] = readers;
    const reader = only && readers.length === 1 ? only : joinReaders(readers);
    return { heard, meters, reader, open: opener(call, plan, meters, rounds) };
  }
  const responses = await allOf(
    call,
    received.map((one, i) => readAll(one, rounds[i], meters[i] ?? meter, plan)),
  );
  const [first] = received;
  const reply =
    first?.body instanceof Uint8Array ? { bytes: first.body, isStream: first.isStream } : undefined;
  return { heard, meters, responses, reply };
}

/** Functions of their own, so that a stream that is under way keeps as little as can be. */
function opener(
  call: Call,
  plan: TranscodePlan,
  meters: Meter[],
  rounds: (Rounds | undefined)[],
): (eyes: Eyes) => Conversion {
  return (eyes) => {
    const dress = dressOf(call, newAnswerToken(), nowS());
    const [meter] = meters;
    if (meter && meters.length === 1)
      return new TranscodedStream(plan, call.codec, dress, meter, eyes, rounds[0]);
    return new SeveralStreams(plan, call.codec, dress, meters, eyes, rounds);
  };
}

function heardBy(meters: readonly Meter[]): Heard {
  const [only] = meters;
  if (only && meters.length === 1) return only;
  return { usage: () => sumUsages(meters.map((meter) => meter.usage())), isPlain: false, refused: false };
}

/** Undefined where one request always brings the whole answer. */
function roundsOf(
  { call, plan, attempts, ports }: Asking,
  body: Uint8Array,
  meter: Meter,
  heard: Heard,
): Rounds | undefined {
  const { upstream, path, headers, stream, candidate, credential, losses, goesOn } = plan;
  const { continuing } = upstream;
  if (!continuing || !goesOn) return undefined;
  const asked = holdRequestOf(call, () => false);
  const hold = { ...asked, answers: 1, prompts: 1 };
  // not the plan: it holds what made the request
  const sent = { kind: 'transcode', upstream, path, headers, stream, candidate, credential } as const;
  return new Rounds(body, {
    continuing,
    repeatsBadTool: upstream.id !== call.codec.id,
    attempts,
    meter,
    heard,
    losses,
    send: (next) => receive(call, { ...sent, body: next }, ports),
    cover: (more, soFar) => putAsideForMore(call, { ...hold, ...more }, soFar, ports),
    signal: () => call.abort.signal,
  });
}

async function readAll(
  first: Received,
  rounds: Rounds | undefined,
  meter: Meter,
  plan: TranscodePlan,
): Promise<CanonicalResponse> {
  for (let received = first; ; ) {
    const { body, isStream } = received;
    const bytes = body instanceof Uint8Array ? body : await allBytes(body);
    const response = readWhole({ bytes, isStream }, plan);
    meter.hearWhole(response);
    const answer = rounds ? rounds.take(response) : response;
    if (answer || !rounds) return answer ?? response;
    received = await rounds.ask();
  }
}

/** What a provider answers well; throws its failure as a Fault. */
export async function receive(call: Call, sending: Sending, ports: UpstreamPorts): Promise<Received> {
  const received = await callUpstream(call, sending, ports);
  const { status } = received;
  call.trace.upstreamStatus = status;
  if (status < 200 || status > 299) throw failureOf(received, sending.upstream);
  return received;
}

async function allOf<T>(call: Call, answers: Promise<T>[]): Promise<T[]> {
  try {
    return await Promise.all(answers);
  } catch (thrown) {
    // the others would go on being paid
    if (answers.length > 1) call.abort.abort(toFault(thrown));
    throw thrown;
  }
}
