// One request on its way through the gateway, with everything the later steps need to know of it.

import { Fault } from '../canonical/fault.ts';
import type { Model, Price } from '../catalog/model.ts';
import type { Resolution } from '../catalog/resolve.ts';
import type { Address, Codec, Dress, Extras } from '../formats/codec.ts';
import type { Abort } from '../lib/abort.ts';
import type { Bagged } from '../lib/bag.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Admitted, Key, RateStanding } from '../store/ports.ts';
import type { Turn } from './admission/turns.ts';
import type { Caching } from './cache/kept-answer.ts';
import type { Fallbacks } from './costs/fallbacks/asked.ts';
import type { Trace } from './trace.ts';

/** An admitted request. */
export type Call = Bagged & {
  /** Ours, unique across processes; never a client's label. */
  id: bigint;
  /** The label both sides use when they talk about this request. */
  requestId: string;
  key: Key;
  codec: Codec;
  /** The client's bytes and what they parse to. */
  bytes: Uint8Array;
  body: JsonObject;
  /** What the body asks of the gateway itself. */
  extras: Extras | undefined;
  /** See `Dress`. */
  keepItems: Dress['keepItems'];
  /** What the prompt is taken to be worth until, or unless, its provider counts it. */
  promptTokens: number;
  /** The model name the client wrote. */
  modelName: string;
  model: Model;
  resolution: Resolution;
  /** What it is charged by, whatever the price becomes while it runs. */
  price: Price;
  /** The models that its provider may ask in place of this one. */
  fallbacks?: Fallbacks | undefined;
  stream: boolean;
  headers: Headers;
  startedMs: number;
  /** The same moment by the monotonic clock, for what may take only so long. */
  begunMs: number;
  /** So long an answer that is not streamed may take as a whole. */
  requestTimeoutMs: number;
  /**
   * The dearer service tier of the attempt under way as far as it is known before its usage names one: what its
   * provider is asked for, or what the headers of the answer say.
   */
  tier?: string | undefined;
  /** The header of a provider of the client's own format that told the tier, for the client. */
  tierTold?: string | undefined;
  /** Where the attempt under way has to run, if the client says so. */
  geo?: string | undefined;
  /** A provider has refused the reasoning of earlier answers: from now on it is asked without. */
  forgetsReasoning?: boolean | undefined;
  /** When the attempt under way has to make room for the next one, by the monotonic clock; undefined: it may take all the time there is. */
  givesWay?: { atMs: number; isDue(): boolean } | undefined;
  /** Our own abort, of the attempt under way: the client left or a deadline passed; `reason` says which. */
  abort: Abort;
  /** The client is gone: nobody else needs to be tried. */
  hasLeft: boolean;
  /** How its key stands; `release` gives its place among the key's calls back, any number of times. */
  limit: RateStanding & Pick<Admitted, 'release'>;
  /** Undefined where there is no cache for it. */
  caching: Caching | undefined;
  /** Its place among the calls under way; a count of tokens needs none, nor does an answer that is kept already. */
  turn: Turn | undefined;
  /** What the journal will say of it. */
  trace: Trace;
};

/** Those that are not settled yet. */
export type CallsUnderWay = Iterable<Call> & { readonly size: number };

/** JSON of a prompt; good enough for a figure that the exact one replaces. */
const BYTES_PER_TOKEN = 4;

/** The client closed its connection: stops whatever is under way for it. */
export function leaveCall(call: Call): void {
  call.hasLeft = true;
  call.abort.abort(clientLeft());
}

/** What ends a call that nobody waits for any more. */
export function clientLeft(): Fault {
  return new Fault('client_closed', 'The client closed the connection.');
}

/** What the client's path says where its body does not. */
export function addressOf({ modelName, stream }: Call): Address {
  return { model: modelName, stream };
}

/** Lets go of what the client sent: an open stream may last for minutes and needs none of it. */
export function forgetRequest(call: Call): void {
  call.bytes = NO_BYTES;
  call.body = NO_BODY;
  call.headers = NO_HEADERS;
}

const NO_BYTES = new Uint8Array(0);
const NO_BODY: JsonObject = {};
const NO_HEADERS = new Headers();

/** What the answer to this call has to wear. */
export function dressOf(call: Call, answerId: string, createdS: number): Dress {
  return {
    model: call.modelName,
    id: `${call.codec.idPrefix}${answerId}`,
    createdS,
    inputTokensEstimate: Math.ceil(call.bytes.length / BYTES_PER_TOKEN),
    includeUsage: call.codec.usageOnRequest?.isAsked(call.body) === true,
    keepItems: call.keepItems,
    request: call.body,
    requestId: call.requestId,
  };
}
