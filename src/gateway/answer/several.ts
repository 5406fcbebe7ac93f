// Several answers to one request, for models that give one a request: each is asked for by itself.

import { Fault } from '../../canonical/fault.ts';
import type { Loss } from '../../canonical/loss.ts';
import type { CanonicalRequest } from '../../canonical/request.ts';

/** More would be a flood of requests that nobody limits. */
export const ANSWERS_MAX = 8;

/**
 * The requests that together bring what `n` asks for, at least one. Seeds count up, since equal ones would bring
 * equal answers. Throws Fault `unsupported_parameter` for more answers than are asked for at once.
 */
export function requestsOf(request: CanonicalRequest): [CanonicalRequest, ...CanonicalRequest[]] {
  const { n = 1, ...sampling } = request.sampling;
  if (n <= 1) return [request];
  const param = request.origin['sampling.n'] ?? 'n';
  if (n > ANSWERS_MAX)
    throw new Fault(
      'unsupported_parameter',
      `\`${param}\` must be at most ${ANSWERS_MAX} for this model: each answer is a request of its own.`,
      { param },
    );
  const { seed } = sampling;
  const [first, ...others] = Array.from({ length: n }, (_, i) => ({
    ...request,
    sampling: seed === undefined ? sampling : { ...sampling, seed: seed + i },
  }));
  return [first ?? request, ...others];
}

export function severalLoss({ origin }: CanonicalRequest): Loss {
  return {
    path: origin['sampling.n'] ?? 'n',
    action: 'changed',
    reason: 'each answer is a request of its own, and the prompt is paid for each time',
  };
}
