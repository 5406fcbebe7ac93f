// Refuses what would be lost on the way, for keys and requests that want all or nothing.

import { Fault } from '../canonical/fault.ts';
import type { Loss } from '../canonical/loss.ts';
import type { Call } from './call.ts';

const LISTED_MAX = 12;
const PATH_CHARS_MAX = 64;

/** The key's own rule, or `X-Osiris-Strict: 1` on the request; a request cannot make a strict key lenient. */
export function isStrict({ key, headers }: Pick<Call, 'key' | 'headers'>): boolean {
  return key.strict === true || /^(1|true|yes)$/i.test(headers.get('x-osiris-strict') ?? '');
}

/** Throws Fault `unsupported_parameter` naming each member that could not be carried as it is. */
export function refuseLosses(losses: readonly Loss[]): void {
  const [first] = losses;
  if (!first) return;
  const listed = losses.slice(0, LISTED_MAX).map((loss) => ({ ...loss, path: shortPath(loss) }));
  const named = listed.map(({ path, reason }) => `\`${path}\` (${reason})`).join(', ');
  const more = losses.length > listed.length ? ` and ${losses.length - listed.length} more` : '';
  throw new Fault(
    'unsupported_parameter',
    `This request is strict and not all of it can be carried to this model: ${named}${more}. Leave these out, choose a model of the same format, or ask without strict.`,
    { param: shortPath(first), details: { losses: listed } },
  );
}

function shortPath({ path }: Loss): string {
  return path.length > PATH_CHARS_MAX ? `${path.slice(0, PATH_CHARS_MAX - 1)}…` : path;
}
