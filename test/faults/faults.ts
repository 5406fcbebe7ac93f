// What can go wrong with a provider, and what its clients must see of it.

/** How the provider answers a request. `keys` are those it takes; all when absent. */
export type Fault = {
  name: string;
  /** What happens instead of an answer; `well` answers. */
  acts: Act;
  /** Statuses that a client may see when nobody else has the model. */
  alone: readonly number[];
  /** The window after which it is asked again is so many cooldowns long; nothing when it cannot recover here. */
  window?: number;
};

export type Act =
  | { kind: 'well' }
  | { kind: 'refused' | 'dns' | 'tls' }
  | { kind: 'silent' }
  | { kind: 'stalls' }
  | { kind: 'cut' }
  | { kind: 'status'; status: number; body: string; type?: string; headers?: Record<string, string> }
  | { kind: 'frames'; frames: string; whole: string };

const error = (message: string, type: string) => JSON.stringify({ error: { message, type, code: type } });
const JSON_TYPE = 'application/json';

const refusal = (
  name: string,
  status: number,
  alone: readonly number[],
  window: number,
  headers?: Record<string, string>,
): Fault => ({
  name,
  acts: {
    kind: 'status',
    status,
    body: error('refused by plan', 'server_error'),
    type: JSON_TYPE,
    ...(headers ? { headers } : {}),
  },
  alone,
  window,
});

const WRONG_KEY_WINDOW = 10;

export const FAULTS: readonly Fault[] = [
  { name: 'connection refused', acts: { kind: 'refused' }, alone: [502] },
  // a resolver may take longer than the first byte may
  { name: 'DNS failure', acts: { kind: 'dns' }, alone: [502, 504] },
  { name: 'TLS failure', acts: { kind: 'tls' }, alone: [502] },
  { name: 'slow headers', acts: { kind: 'silent' }, alone: [504], window: 1 },
  { name: 'stall', acts: { kind: 'stalls' }, alone: [502, 504], window: 1 },
  { name: 'truncation', acts: { kind: 'cut' }, alone: [502], window: 1 },
  refusal('401', 401, [502], WRONG_KEY_WINDOW),
  refusal('403', 403, [502], 1),
  refusal('429', 429, [429], 1),
  refusal('429 with Retry-After', 429, [429], 1, { 'retry-after': '1' }),
  refusal('500', 500, [502], 1),
  {
    name: '502 with HTML',
    acts: { kind: 'status', status: 502, body: '<html><h1>Bad gateway</h1></html>', type: 'text/html' },
    alone: [502],
    window: 1,
  },
  refusal('529', 529, [503, 529], 1),
  {
    name: 'error with status 200',
    acts: {
      kind: 'frames',
      frames: `data: ${error('the model is overloaded', 'server_error')}\n\n`,
      whole: error('the model is overloaded', 'server_error'),
    },
    alone: [502, 503, 529],
    window: 1,
  },
  {
    name: 'malformed SSE',
    acts: {
      kind: 'frames',
      frames: 'data: {"id":"chatcmpl-1","choices":[{\n\n',
      whole: '{"id":"chatcmpl-1",',
    },
    alone: [502],
    window: 1,
  },
];
