// The words OpenAI's formats have for kinds of errors.

import { FAULTS, type FaultCode } from '../canonical/fault.ts';

/** `error.type` as OpenAI's clients know it. */
export function errorType(code: FaultCode): string {
  const { kind } = FAULTS[code];
  switch (kind) {
    case 'invalid-request':
    case 'authentication':
    case 'not-found':
    case 'too-large':
      return 'invalid_request_error';
    case 'billing':
      return 'insufficient_quota';
    case 'permission':
      return 'permission_error';
    case 'conflict':
      return 'conflict';
    case 'rate-limit':
      return code === 'upstream_rate_limited' ? 'rate_limit_exceeded' : 'requests';
    case 'server':
    case 'overloaded':
    case 'timeout':
      return 'server_error';
    default:
      return kind satisfies never;
  }
}
