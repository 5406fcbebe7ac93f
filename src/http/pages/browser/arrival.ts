// What the last calls of a key say of the client that is being set up.

/** A call as `GET /v1/key/calls` tells it; `status` is null while it is under way. */
export type KeyCall = {
  id: string;
  at: string;
  client: string | null;
  client_version: string | null;
  stream: boolean;
  model: string | null;
  status: number | null;
  code: string | null;
  message: string | null;
  input_tokens: number | null;
  output_tokens: number | null;
  cost_usd: number | null;
  duration_ms: number | null;
};

export type KeyCallsAnswer = { data: KeyCall[]; position: number };

/** `other` is a call of another program; `failed` the last of the calls beside the one that was answered. */
export type Arrival =
  | { state: 'waiting'; other?: KeyCall }
  | { state: 'running' | 'left' | 'failed'; call: KeyCall }
  | { state: 'answered'; call: KeyCall; failed?: KeyCall };

const KNOWN_MAX = 20;
/** A call from before the page was opened still tells that the client works. */
const FRESH_MS = 15 * 60_000;
/** A client may ask for several things at once. */
const TOGETHER_MS = 60_000;
const CLIENT_LEFT = 499;

/** What is known with what was just told: one entry a call, newest first. */
export function mergeCalls(known: readonly KeyCall[], told: readonly KeyCall[]): KeyCall[] {
  const calls = new Map(known.filter(({ status }) => status !== null).map((call) => [call.id, call]));
  for (const call of told) calls.set(call.id, call);
  const newestFirst = (left: KeyCall, right: KeyCall) => timeOf(right) - timeOf(left);
  return [...calls.values()].sort(newestFirst).slice(0, KNOWN_MAX);
}

/** `names` are those of the client in the journal; without any, every program may be it. */
export function arrivalOf(
  calls: readonly KeyCall[],
  names: readonly string[] | undefined,
  nowMs: number,
): Arrival {
  const fresh = calls.filter((call) => call.status === null || nowMs - timeOf(call) < FRESH_MS);
  const own = fresh.filter(({ client }) => names === undefined || names.includes(client ?? ''));
  const [call] = own;
  if (call === undefined) {
    const [other] = fresh;
    return other === undefined ? { state: 'waiting' } : { state: 'waiting', other };
  }
  if (call.status === null) return { state: 'running', call };
  if (call.status === CLIENT_LEFT) return { state: 'left', call };
  if (call.status >= 400) return { state: 'failed', call };
  const failed = own.find((each) => isFailed(each) && Math.abs(timeOf(call) - timeOf(each)) < TOGETHER_MS);
  return failed === undefined ? { state: 'answered', call } : { state: 'answered', call, failed };
}

export function isFailed({ status }: KeyCall): boolean {
  return status !== null && status >= 400 && status !== CLIENT_LEFT;
}

function timeOf(call: KeyCall): number {
  return Date.parse(call.at);
}
