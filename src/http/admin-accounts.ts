// The operator's routes about accounts: who they are, what they have and what they spend.

import { Elysia } from 'elysia';
import { accountDesk } from '../accounts/account-desk.ts';
import type { DeskPorts } from '../accounts/key-desk.ts';
import { adminDoor, type Guard } from './admin-door.ts';
import { describeRoute } from './openapi.ts';

/** `/admin/accounts…`. */
export function adminAccounts(ports: DeskPorts, guard: Guard) {
  const desk = accountDesk(ports);
  const run = adminDoor(guard);
  const list = run(async (request) => {
    const words = Object.fromEntries(new URL(request.url).searchParams);
    const { data, hasMore } = await desk.list(words);
    return { object: 'list', data, has_more: hasMore, last_id: data.at(-1)?.mailbox ?? null };
  });
  return new Elysia({ name: 'admin-accounts' }).get('/admin/accounts', list, { detail: DETAILS.list }).get(
    '/admin/accounts/:email',
    run((_, { email = '' }) => desk.show(email)),
    { detail: DETAILS.show },
  );
}

const DETAILS = {
  list: describeRoute({
    tag: 'Admin',
    id: 'listAccounts',
    summary: 'Accounts, newest first',
    description:
      'While `has_more` is true, ask again with `after` set to `last_id`. `balance_usd` is all that the account and its ' +
      'keys have; `shared_balance_usd` the part that keys made with `share_purse` draw on.',
    query: {
      email: 'Only accounts whose address holds this text.',
      keys: '`active`: only those with a key that works; `none`: only those without.',
      trial: '`used` or `unused`: whether the mailbox has had its trial.',
      limit: 'How many at most, 1 to 1000; 100 when absent.',
      after: 'The `last_id` of the page before.',
    },
  }),
  show: describeRoute({
    tag: 'Admin',
    id: 'showAccount',
    summary: 'One account with its keys',
    description: 'By any spelling of its address: dots and plus-suffixes of gmail.com are one mailbox.',
  }),
};
