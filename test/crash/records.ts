// What both ends of the gateway remember of every call; kept outside of it, so that a kill takes nothing away.

/** One request as the upstream saw it; a call that fails over has several. */
export type UpstreamRecord = {
  nonce: number;
  /** The upstream gave an answer, up to the last byte or not; else it refused. */
  answered: boolean;
  /** Its last byte is on the way. */
  sentLast: boolean;
  /** Frames of a stream that were sent so far. */
  frames: number;
};

/** `complete`: the terminal event or the whole body arrived. `cut`: the connection broke under it. */
export type Outcome = 'complete' | 'failed' | 'cancelled' | 'cut';

export type ClientRecord = {
  nonce: number;
  key: string;
  model: string;
  stream: boolean;
  requestId: string | undefined;
  /** 0 when there was no answer. */
  status: number;
  outcome: Outcome;
};

/** The two logs, by nonce. */
export type Records = { upstream: Map<number, UpstreamRecord[]>; client: Map<number, ClientRecord> };

export function noRecords(): Records {
  return { upstream: new Map(), client: new Map() };
}
