// Tells an answer that is nothing but a refusal, which another model may answer after all.

import { Fault } from '../../canonical/fault.ts';
import type { CanonicalResponse } from '../../canonical/response.ts';
import { isRefusal } from '../meter.ts';

/** Throws Fault `content_policy_violation` for a whole answer without any content. */
export function refuseRefusal({ finish, parts }: CanonicalResponse): void {
  if (isRefusal(finish) && !parts.some(isContent)) throw refused();
}

/** The fault of an answer that was refused before it had begun. */
export function refused(): Fault {
  return new Fault('content_policy_violation', 'The model refused to answer this request.');
}

function isContent(part: CanonicalResponse['parts'][number]): boolean {
  return part.kind === 'text' ? part.text !== '' : part.kind !== 'refusal' && part.kind !== 'reasoning';
}
