// What a failed attempt means for the next one: whose fault it was, whether to try again, and when; pure.

import type { FaultCode } from '../canonical/fault.ts';

/** A failed attempt. `status` is the provider's, `errno` that of a connection that failed. */
export type Failure = {
  code: FaultCode;
  status: number | undefined;
  errno: string | undefined;
  retryAfterS: number | undefined;
};

/**
 * Whom to leave alone for it: the deployment, our credential there (a rate limit, a permission), our account at the
 * provider (a key that is not accepted, a bill that is not paid), or nobody.
 */
export type Blame = 'deployment' | 'credential' | 'account' | 'nobody';

const FORBIDDEN = 403;

export function blameOf({ code, status }: Failure): Blame {
  switch (code) {
    case 'upstream_rate_limited':
      return 'credential';
    case 'upstream_auth':
      return status === FORBIDDEN ? 'credential' : 'account';
    case 'upstream_unavailable':
      return 'account';
    case 'bad_gateway':
    case 'upstream_unreachable':
    case 'upstream_truncated':
    case 'upstream_overloaded':
    case 'upstream_timeout':
      return 'deployment';
    default:
      return 'nobody';
  }
}

/** A connection that stood and broke; one that was refused, or whose name or certificate is wrong, stays so. */
const BROKEN = /^(ECONNRESET|EPIPE|ECONNABORTED|ConnectionClosed|ConnectionReset)$/;

/** The same request may well be answered by the same deployment in a moment. */
export function mayPass({ code, status, errno }: Failure): boolean {
  switch (code) {
    case 'upstream_rate_limited':
    case 'upstream_overloaded':
    case 'upstream_truncated':
      return true;
    case 'bad_gateway':
      // what is no answer at all came with a 200
      return status === undefined || status < 300 || status >= 500;
    case 'upstream_timeout':
      // the provider's own 504; where our patience ended there is none left
      return status !== undefined && status >= 500;
    case 'upstream_unreachable':
      return errno !== undefined && BROKEN.test(errno);
    default:
      return false;
  }
}

const FIRST_WAIT_MS = 500;
const WAIT_MS_MAX = 8_000;
/** Who asks for more than this is not waited for. */
const RETRY_AFTER_MS_MAX = 5_000;

/**
 * How long to wait before retry number `retry` (1 is the first one), in milliseconds: what the provider asked for,
 * else anything up to half a second that doubles each time, by `draw` from 0 to 1. Undefined: longer than is worth it.
 */
export function waitBefore(retry: number, retryAfterS: number | undefined, draw: number): number | undefined {
  if (retryAfterS !== undefined) {
    const waitMs = retryAfterS * 1000;
    return waitMs <= RETRY_AFTER_MS_MAX ? waitMs : undefined;
  }
  return draw * Math.min(WAIT_MS_MAX, FIRST_WAIT_MS * 2 ** (retry - 1));
}
