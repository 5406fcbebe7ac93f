// What the documentation says of the `/admin` routes.

import { describeRoute } from './docs-routes.ts';

const limits = {
  requests_per_minute: 60,
  concurrent: 10,
  tokens_per_minute: 200_000,
  usd_per_minute: '0.50',
  max_body: '20MB',
  request_timeout: '300s',
};

const NAMED = "`id` may also be the key's exact name or its visible beginning (`sk-osiris-ab12`).";

export const ADMIN_DETAILS = {
  create: describeRoute({
    tag: 'Admin',
    id: 'createKey',
    summary: 'Make a key',
    status: 201,
    description: `The answer holds the whole key in \`key\`, this once. Only \`name\` is needed. \`kind\` is \`credit\` (a balance),
\`time\` (\`days\`, with \`from_first_use\` from the first call on, up to \`quota_usd\`) or \`trial\`. \`plan\` takes all of it from a
plan of the configuration. \`share_purse\` draws on the balance of the \`account\` instead of one of its own. With \`strict\` a
request that the format of a model cannot carry whole is refused with a 400 that names what would be lost.`,
    example: {
      name: 'laptop',
      kind: 'credit',
      credit_usd: '10.00',
      budget: '5/week',
      models: ['sandbox/*'],
      ...limits,
    },
    errors: [409],
  }),
  list: describeRoute({
    tag: 'Admin',
    id: 'listKeys',
    summary: 'Keys, newest first unless sorted',
    description: 'While `has_more` is true, ask again with `after` set to `last_id`.',
    query: {
      account: 'Only keys of this e-mail address, or of `operator`.',
      kind: 'Only `credit`, `time` or `trial` keys.',
      status: 'Only `active`, `expired` or `revoked` keys.',
      name: 'Only keys whose name holds this text.',
      sort: '`created`, `name`, `status`, `kind`, `balance`, `spent` or `last_used`; `created` when absent.',
      order: '`up` or `down`; names, states and kinds go up when absent, all else down.',
      limit: 'How many at most, 1 to 1000; 100 when absent.',
      after: 'The `last_id` of the page before.',
    },
  }),
  show: describeRoute({
    tag: 'Admin',
    id: 'showKey',
    summary: 'One key with its balance and usage',
    description: NAMED,
    errors: [404, 409],
  }),
  change: describeRoute({
    tag: 'Admin',
    id: 'changeKey',
    summary: 'Change the limits, budget, models, expiry or name of a key',
    description: `Members that are absent stay as they are; null takes one away. The next call sees it. ${NAMED}`,
    example: { ...limits, budget: '20/month', models: null, expires: '2030-12-31', strict: true },
    errors: [404, 409],
  }),
  credit: describeRoute({
    tag: 'Admin',
    id: 'creditKey',
    summary: 'Give money to a key, or take some',
    description: `A positive amount is a grant, which has no end unless \`expires\` sets one. With \`purchase\` the balance ends a
month later than now or than it would have, at most three months from now. A negative amount takes what is there, not
more. ${NAMED}`,
    example: { amount_usd: '5.00', purchase: false, note: 'thanks for the report' },
    errors: [404, 409],
  }),
  rotate: describeRoute({
    tag: 'Admin',
    id: 'rotateKey',
    summary: 'Give a key a new secret',
    description: `The answer holds it in \`key\`, this once. The old secret opens until \`grace\` (24h when absent, 0 for none) is
over. Balance, limits and usage stay. ${NAMED}`,
    example: { grace: '24h' },
    errors: [404, 409],
  }),
  revoke: describeRoute({
    tag: 'Admin',
    id: 'revokeKey',
    summary: 'Revoke a key',
    description: `It answers 401 from now on; this cannot be undone. ${NAMED}`,
    errors: [404, 409],
  }),
};
