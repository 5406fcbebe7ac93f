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
request that the format of a model cannot carry whole is refused with a 400 that names what would be lost. With
\`require_tags\` only deployments that have all of these tags answer it. \`cache\` (\`on\` or \`off\`) stands over \`cache.default\` of the
configuration. With \`auto_cache: "on"\` requests that come in another format to a model of Anthropic's ask for its prompt
cache, which does nothing unasked: what is written to it costs more than input (a quarter more at list price), what is read
from it a tenth.`,
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

export const CONFIG_DETAILS = {
  reload: describeRoute({
    tag: 'Admin',
    id: 'reloadConfig',
    summary: 'Read the configuration file again',
    description: `Calls under way end by the old one. With \`ok\` false nothing has changed and \`problems\` says why, with line
and column; \`needs_restart\` names what differs from the start and waits for the next one.`,
  }),
  history: describeRoute({
    tag: 'Admin',
    id: 'listConfigs',
    summary: 'Configurations that were taken over, newest first',
    description: `\`changes\` names the members that differ from the one before, never their values. \`same_as\` is an older number
with the same text. The last 50 are kept.`,
  }),
  diff: describeRoute({
    tag: 'Admin',
    id: 'diffConfigs',
    summary: 'How two configurations differ',
    description: '`patch` is a unified diff in which secrets are covered; empty when nothing differs.',
    query: {
      from: 'A number of the history, or `file` for the file as it is now; the one before `to` when absent.',
      to: 'The same; the newest when absent.',
    },
    errors: [404],
  }),
  rollback: describeRoute({
    tag: 'Admin',
    id: 'rollBackConfig',
    summary: 'Put an earlier configuration back',
    description: `The file is replaced by the kept text, comments and all, and taken over as at a reload; \`backup\` is where the
replaced one is, null where the file held that text already. With \`ok\` false the file is as it was.`,
    example: { number: 3 },
    errors: [404],
  }),
};

export const EXPLAIN_DETAIL = describeRoute({
  tag: 'Admin',
  id: 'explain',
  summary: 'What would become of a request',
  description: `Nobody is called and nothing is taken or noted: no balance, limit, journal or health changes. The answer tells how the
name resolved, the deployments in the order they would be asked, each with the exact upstream request (secrets covered) and
what the conversion loses, the estimated tokens, the range of the price, and every limit that would refuse the \`key\`.
\`request\` is a body of one of the client formats, as a value or as its text; in its place \`model\` and \`prompt\` will do.
\`format\` is told by the body when absent, but for \`embeddings\`; \`headers\` are those the client would send.`,
  example: {
    format: 'anthropic-messages',
    key: 'laptop',
    request: {
      model: 'sandbox/echo',
      max_tokens: 256,
      messages: [{ role: 'user', content: 'Hello' }],
    },
  },
  errors: [404, 409],
});
