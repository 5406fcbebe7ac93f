// The operator's routes for the answers that are kept in memory: how many there are, and forgetting them.

import { Elysia } from 'elysia';
import type { Config } from '../config/config.ts';
import { asString } from '../lib/json.ts';
import type { Cache, Key } from '../store/ports.ts';
import { adminDoor, type Guard, optionalBody } from './admin-door.ts';
import { describeRoute } from './openapi.ts';

export type CachePorts = {
  gateway: () => { cache: Pick<Cache, 'clear' | 'size'>; config: Pick<Config, 'cache'> };
  findKey: (word: string) => Key;
};

/** `/admin/cache` and `/admin/cache/clear`. */
export function adminCache({ gateway, findKey }: CachePorts, guard: Guard) {
  const run = adminDoor(guard);
  const show = () => {
    const { cache, config } = gateway();
    const { ttlMs, maxBytes } = config.cache;
    return { object: 'cache', ttl_s: ttlMs / 1000, max_bytes: maxBytes, ...cache.size() };
  };
  const clear = async (request: Request) => {
    const word = asString((await optionalBody(request)).key);
    return { object: 'cache.cleared', ...gateway().cache.clear(word && findKey(word).id) };
  };
  return new Elysia({ name: 'admin-cache' })
    .get('/admin/cache', run(show), { detail: DETAILS.show })
    .post('/admin/cache/clear', run(clear), { parse: 'none', detail: DETAILS.clear });
}

const DETAILS = {
  show: describeRoute({
    tag: 'Admin',
    id: 'getCache',
    summary: 'How many answers are kept to be given again',
    description: '`answers` and their `bytes` now, of at most `max_bytes`, each for `ttl_s` seconds.',
  }),
  clear: describeRoute({
    tag: 'Admin',
    id: 'clearCache',
    summary: 'Forget the answers that are kept',
    description: `All of them, or those that one \`key\` (its id, name or visible beginning) got from a provider. Tells how many
\`answers\` are forgotten, and their \`bytes\`. The next request that asks the same is answered anew, and paid for.`,
    example: { key: 'ana' },
    errors: [404],
  }),
};
