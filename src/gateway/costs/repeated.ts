// Refuses members that stand twice in a client's own body: which one the provider believes decides what is paid.

import { Fault } from '../../canonical/fault.ts';
import { asArray, type JsonObject } from '../../lib/json.ts';
import { isNamed, type Members, readTop } from '../../lib/json-places.ts';
import { repeatedName, repeatedWithin } from '../../lib/repeated.ts';
import type { Edit } from '../../lib/splice.ts';
import type { Call } from '../call.ts';
import { mayAsk } from './fallbacks/tools.ts';

const NAME_CHARS_MAX = 64;

/**
 * Where the members of the body stand, each of which is there once, as are those of what names other models. Throws
 * Fault `invalid_value`. Only what reaches a provider as it came has to be looked at.
 */
export function refuseRepeated({ bytes, body }: Pick<Call, 'bytes' | 'body'>): Members {
  const top = readTop(bytes);
  const name = repeatedName(bytes, top, body);
  if (name !== undefined) throw repeated([name]);
  for (const list of askingLists(body)) {
    const member = top.members.find((each) => isNamed(bytes, each, list));
    const path = member && repeatedWithin(bytes, member.valueStart, body[list] ?? null);
    if (path) throw repeated([list, ...path]);
  }
  return top;
}

/** Nearly all bodies have none. */
function askingLists(body: JsonObject): string[] {
  const { fallbacks, plugins, tools } = body;
  return [
    ...(fallbacks === undefined ? [] : ['fallbacks']),
    ...(plugins === undefined ? [] : ['plugins']),
    ...(asArray(tools).some(mayAsk) ? ['tools'] : []),
  ];
}

function repeated(path: Edit['path']): Fault {
  const param = path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step.slice(0, NAME_CHARS_MAX)}`))
    .join('')
    .slice(1);
  const message = `\`${param}\` stands twice in the request, and programs differ in which one counts. Send it once.`;
  return new Fault('invalid_value', message, { param });
}
