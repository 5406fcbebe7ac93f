// Finds the key that somebody means by its id, its visible beginning or its name.

import { Fault } from '../canonical/fault.ts';
import type { Directory, Key } from '../store/ports.ts';

const SECRET = /^sk-osiris-[0-9a-f]{15,}/;
const SHOWN_MAX = 5;

/**
 * The one key `word` stands for: its id, its visible beginning (`sk-osiris-ab12`, dots behind it do not count) or its
 * exact name; among several, the one that is not revoked. Throws Fault `not_found`, or `conflict` with the ids of all.
 */
export function findKey(directory: Pick<Directory, 'findById' | 'list'>, word: string): Key {
  const byId = directory.findById(word);
  if (byId) return byId;
  if (SECRET.test(word))
    throw new Fault('invalid_value', 'This is a secret, not an id; use the id, the name or the beginning.');
  const beginning = word.replace(/(…|\.\.\.)$/, '');
  const isBeginning = /^sk-osiris-[0-9a-f]+$/.test(beginning);
  const found = directory
    .list()
    .filter((key) => key.name === word || (isBeginning && key.prefix.startsWith(beginning)));
  const live = found.filter((key) => key.revokedAtMs === undefined);
  const [only] = found.length === 1 ? found : live;
  if (only === undefined)
    throw new Fault(
      'not_found',
      'There is no key with this id, name or beginning. `osiris keys list` and GET /admin/keys show them all.',
    );
  if (found.length > 1 && live.length !== 1) throw ambiguous(live.length > 0 ? live : found);
  return only;
}

function ambiguous(keys: Key[]): Fault {
  const ids = keys.slice(0, SHOWN_MAX).map((key) => key.id);
  const more = keys.length > SHOWN_MAX ? ` and ${keys.length - SHOWN_MAX} more` : '';
  return new Fault('conflict', `This stands for several keys: ${ids.join(', ')}${more}. Use the id of one.`, {
    details: { ids },
  });
}
