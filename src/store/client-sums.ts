// What the journal knows of each client program: its versions, how often it called, and what failed and why.

/** Calls that are alike but for their time, summed; `message` is that of the last. */
export type ClientGroup = {
  client?: string;
  clientVersion?: string;
  status: number;
  code?: string;
  calls: number;
  firstMs: number;
  lastMs: number;
  lastCallId: bigint;
  message?: string;
};

/** Calls and those of them that failed; `left` are calls whose client went away, which nobody failed at. */
export type ClientCalls = { calls: number; failed: number; left: number; firstMs: number; lastMs: number };

/** `version` is absent where the client tells none. */
export type ClientVersion = ClientCalls & { version?: string };

export type ClientError = {
  status: number;
  code: string;
  calls: number;
  lastMs: number;
  lastCallId: bigint;
  message?: string;
};

/** `client` is absent for calls that name no program. Versions are newest first, errors by how often. */
export type ClientSummary = ClientCalls & {
  client?: string;
  versions: ClientVersion[];
  errors: ClientError[];
};

/** Clients by their last call; `otherCalls` are those of programs beyond the names that are kept apart. */
export type ClientReport = { clients: ClientSummary[]; otherCalls: number };

/** Who holds a key may name any program: so many are kept apart, and so many versions of each. */
const CLIENTS_MAX = 200;
const VERSIONS_MAX = 50;
const ERRORS_MAX = 50;
const CLIENT_LEFT_STATUS = 499;

type Summing = { sums: ClientCalls; versions: Map<string, ClientCalls>; errors: Map<string, ClientError> };

/** Takes groups in any order. Names seen first have the first claim to a place of their own. */
export class ClientSums {
  readonly #clients = new Map<string, Summing>();
  #otherCalls = 0;

  add(group: ClientGroup): void {
    const client = placeIn(this.#clients, group.client ?? '', CLIENTS_MAX, newSumming);
    if (client === undefined) {
      this.#otherCalls += group.calls;
      return;
    }
    count(client.sums, group);
    const version = placeIn(client.versions, group.clientVersion ?? '', VERSIONS_MAX, newCalls);
    if (version !== undefined) count(version, group);
    if (isFailure(group.status)) noteError(client.errors, group);
  }

  report(): ClientReport {
    const clients = [...this.#clients].map(
      ([name, { sums, versions, errors }]): ClientSummary => ({
        ...(name === '' ? {} : { client: name }),
        ...sums,
        versions: [...versions]
          .map(([version, calls]) => (version === '' ? calls : { version, ...calls }))
          .sort(byLastCall),
        errors: [...errors.values()].sort(
          (left, right) => right.calls - left.calls || byLastCall(left, right),
        ),
      }),
    );
    return { clients: clients.sort(byLastCall), otherCalls: this.#otherCalls };
  }
}

function isFailure(status: number): boolean {
  return status >= 400 && status !== CLIENT_LEFT_STATUS;
}

function placeIn<Value>(
  map: Map<string, Value>,
  name: string,
  max: number,
  make: () => Value,
): Value | undefined {
  const found = map.get(name);
  if (found !== undefined || map.size >= max) return found;
  const made = make();
  map.set(name, made);
  return made;
}

function newSumming(): Summing {
  return { sums: newCalls(), versions: new Map(), errors: new Map() };
}

function newCalls(): ClientCalls {
  return { calls: 0, failed: 0, left: 0, firstMs: Number.POSITIVE_INFINITY, lastMs: 0 };
}

function count(sums: ClientCalls, { status, calls, firstMs, lastMs }: ClientGroup): void {
  sums.calls += calls;
  if (isFailure(status)) sums.failed += calls;
  if (status === CLIENT_LEFT_STATUS) sums.left += calls;
  sums.firstMs = Math.min(sums.firstMs, firstMs);
  sums.lastMs = Math.max(sums.lastMs, lastMs);
}

function noteError(errors: Map<string, ClientError>, group: ClientGroup): void {
  const { status, code = '', calls, lastMs, lastCallId, message } = group;
  const make = () => ({ status, code, calls: 0, lastMs: 0, lastCallId });
  const error = placeIn<ClientError>(errors, `${status} ${code}`, ERRORS_MAX, make);
  if (error === undefined) return;
  error.calls += calls;
  if (lastMs < error.lastMs) return;
  error.lastMs = lastMs;
  error.lastCallId = lastCallId;
  if (message === undefined) delete error.message;
  else error.message = message;
}

function byLastCall(left: { lastMs: number }, right: { lastMs: number }): number {
  return right.lastMs - left.lastMs;
}
