// The one error class: a closed list of codes, a public message and a private cause kept apart.

import type { JsonObject } from '../lib/json.ts';

/** Where the blame lies and what a client may do, in words every format can translate. */
export type FaultKind =
  | 'invalid-request'
  | 'authentication'
  | 'billing'
  | 'permission'
  | 'not-found'
  | 'conflict'
  | 'too-large'
  | 'rate-limit'
  | 'server'
  | 'overloaded'
  | 'timeout';

type Rule = {
  status: number;
  kind: FaultKind;
  /** May another deployment answer the same request? */
  failover: boolean;
  /** Tells SDKs in `x-should-retry` whether a retry can help; undefined leaves it to them. */
  retry?: boolean;
};

export const FAULTS = {
  invalid_json: { status: 400, kind: 'invalid-request', failover: false },
  invalid_value: { status: 400, kind: 'invalid-request', failover: false },
  missing_field: { status: 400, kind: 'invalid-request', failover: false },
  unsupported_parameter: { status: 400, kind: 'invalid-request', failover: false },
  model_not_found: { status: 400, kind: 'invalid-request', failover: false },
  context_length_exceeded: { status: 400, kind: 'invalid-request', failover: false },
  content_policy_violation: { status: 400, kind: 'invalid-request', failover: false },
  upstream_rejected: { status: 400, kind: 'invalid-request', failover: false },
  /** The provider takes the reasoning that it made once for changed, or for another's. */
  reasoning_rejected: { status: 400, kind: 'invalid-request', failover: false },
  thread_unsupported_request: { status: 400, kind: 'invalid-request', failover: false },
  missing_api_key: { status: 401, kind: 'authentication', failover: false },
  invalid_api_key: { status: 401, kind: 'authentication', failover: false },
  revoked_api_key: { status: 401, kind: 'authentication', failover: false },
  insufficient_quota: { status: 402, kind: 'billing', failover: false, retry: false },
  spend_cap_reached: { status: 402, kind: 'billing', failover: false, retry: false },
  key_expired: { status: 402, kind: 'billing', failover: false, retry: false },
  model_not_allowed: { status: 403, kind: 'permission', failover: false },
  not_allowed: { status: 403, kind: 'permission', failover: false },
  not_found: { status: 404, kind: 'not-found', failover: false },
  method_not_allowed: { status: 405, kind: 'invalid-request', failover: false },
  upload_too_slow: { status: 408, kind: 'timeout', failover: false },
  conflict: { status: 409, kind: 'conflict', failover: false, retry: false },
  request_too_large: { status: 413, kind: 'too-large', failover: false },
  upgrade_required: { status: 426, kind: 'invalid-request', failover: false },
  rate_limit_exceeded: { status: 429, kind: 'rate-limit', failover: false },
  concurrency_limit: { status: 429, kind: 'rate-limit', failover: false },
  queue_full: { status: 429, kind: 'rate-limit', failover: false },
  balance_held: { status: 429, kind: 'rate-limit', failover: false },
  upstream_rate_limited: { status: 429, kind: 'rate-limit', failover: true },
  client_closed: { status: 499, kind: 'server', failover: false },
  internal_error: { status: 500, kind: 'server', failover: false },
  bad_gateway: { status: 502, kind: 'server', failover: true },
  upstream_unreachable: { status: 502, kind: 'server', failover: true },
  upstream_truncated: { status: 502, kind: 'server', failover: true },
  upstream_auth: { status: 502, kind: 'server', failover: true, retry: false },
  upstream_unavailable: { status: 503, kind: 'server', failover: true, retry: false },
  overloaded: { status: 503, kind: 'overloaded', failover: false },
  paused: { status: 503, kind: 'server', failover: false, retry: false },
  draining: { status: 503, kind: 'server', failover: false },
  storage_fault: { status: 503, kind: 'server', failover: false },
  no_provider: { status: 503, kind: 'server', failover: false, retry: false },
  upstream_overloaded: { status: 503, kind: 'overloaded', failover: true },
  upstream_timeout: { status: 504, kind: 'timeout', failover: true },
  // asked for once more, it would take as long
  request_timeout: { status: 504, kind: 'timeout', failover: false, retry: false },
} as const satisfies Record<string, Rule>;

export type FaultCode = keyof typeof FAULTS;

export type FaultOptions = {
  /** The member at fault, as the client wrote it: `messages[0].role`. */
  param?: string | undefined;
  /** Seconds until a retry makes sense. */
  retryAfterS?: number | undefined;
  /** Extra public members of the error body. */
  details?: JsonObject | undefined;
  /** For the log only, never for the client. */
  cause?: unknown;
};

/**
 * A failure that a client may see. `message` is public: it says what is wrong and what to do, and never repeats
 * a value of the request or an upstream's own words, except a redacted upstream 400.
 */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly param: string | undefined;
  readonly retryAfterS: number | undefined;
  readonly details: JsonObject | undefined;

  constructor(code: FaultCode, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.param = options.param;
    this.retryAfterS = options.retryAfterS;
    this.details = options.details;
  }

  get status(): number {
    return FAULTS[this.code].status;
  }

  get rule(): Rule {
    return FAULTS[this.code];
  }
}

/** The fault itself, `storage_fault` for want of room on the disk, `internal_error` around anything else that was thrown. */
export function toFault(thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown;
  if (isFullDisk(thrown))
    return new Fault('storage_fault', 'The disk of this server has no room left. Make some and try again.', {
      cause: thrown,
    });
  return new Fault('internal_error', 'The gateway failed to handle this request; it has been logged.', {
    cause: thrown,
  });
}

/** A charge or a posting that is not on disk, or would not be. */
export function unwritableLedger(cause: unknown): Fault {
  if (isFullDisk(cause)) return toFault(cause);
  return new Fault('storage_fault', 'The ledger cannot be written now; try again in a moment.', { cause });
}

function isFullDisk(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && DISK_FULL.has(thrown.code);
}

/** How the system and SQLite say it. */
const DISK_FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'SQLITE_FULL']);
