// The flags of `keys …`, as the JSON the admin API takes.

import type { Command } from 'commander';
import type { DeskRules } from '../accounts/key-desk.ts';
import { parseNewKey } from '../accounts/new-key.ts';
import { Fault } from '../canonical/fault.ts';
import { compact, type JsonObject, type JsonValue } from '../lib/json.ts';
import { Failure } from './failure.ts';

/** As commander hands them over: text, untouched, under the member it stands for. */
const TEXT_FLAGS = {
  name: 'name',
  kind: 'kind',
  plan: 'plan',
  credit_usd: 'credit',
  quota_usd: 'quota',
  budget: 'budget',
  usd_per_minute: 'usdPerMinute',
  expires: 'expires',
  cache: 'cache',
  auto_cache: 'autoCache',
  account: 'account',
  note: 'note',
  grace: 'grace',
} as const;
const NUMBER_FLAGS = {
  days: 'days',
  requests_per_minute: 'rpm',
  concurrent: 'concurrency',
  tokens_per_minute: 'tpm',
  max_body: 'maxBody',
  request_timeout: 'timeout',
} as const;
const SWITCHES = {
  from_first_use: 'fromFirstUse',
  share_purse: 'sharePurse',
  log_bodies: 'logBodies',
  strict: 'strict',
  purchase: 'purchase',
} as const;
const FLAG_OF: Record<string, string> = {
  ...TEXT_FLAGS,
  ...NUMBER_FLAGS,
  ...SWITCHES,
  models: 'models',
  require_tags: 'requireTags',
  status: 'status',
  sort: 'sort',
  order: 'order',
  limit: 'limit',
  after: 'after',
};

type Texts = (typeof TEXT_FLAGS)[keyof typeof TEXT_FLAGS];
type Numbers = (typeof NUMBER_FLAGS)[keyof typeof NUMBER_FLAGS];
type Switches = (typeof SWITCHES)[keyof typeof SWITCHES];
export type KeyFlags = Partial<
  Record<Texts | Numbers | 'models' | 'requireTags', string> & Record<Switches, boolean>
>;

/** The flags of `keys create`. */
export function withKeyFlags(command: Command): Command {
  command
    .requiredOption('--name <name>', 'whose key it is')
    .option(
      '--kind <kind>',
      'credit (a balance), time (a number of days) or trial (3 days); credit unless a plan says otherwise',
    )
    .option('--plan <name>', 'take kind, credit, days, quota, models and limits from a plan of osiris.yaml')
    .option('--credit <usd>', 'the balance of a credit key, such as 5 or 0.25')
    .option('--days <n>', 'ends this many days from now')
    .option('--from-first-use', 'count the days of a time key from its first call')
    .option('--account <email>', 'who owns it; without it the operator')
    .option('--share-purse', "draw on the account's balance instead of one of its own");
  return withLimitFlags(command)
    .option('--log-bodies', 'keep its requests and answers in the log')
    .option('--strict', 'refuse a request that another format cannot carry whole');
}

/** What can be set at creation and changed later. */
export function withLimitFlags(command: Command): Command {
  return command
    .option('--quota <usd>', 'what a time key may use in total, at list price')
    .option('--budget <usd/period>', 'a cap that starts anew: 20/month, 5/week, 1/day')
    .option('--models <ids>', 'only these models: gpt-5,claude-*')
    .option('--require-tags <tags>', 'only deployments that have all of these tags: eu,no-training')
    .option('--rpm <n>', 'requests a minute')
    .option('--concurrency <n>', 'requests at once')
    .option('--tpm <n>', 'tokens a minute')
    .option('--usd-per-minute <usd>', 'what it may spend a minute')
    .option('--max-body <size>', 'the largest request, such as 20MB')
    .option('--timeout <duration>', 'how long an answer that is not streamed may take, such as 300s')
    .option('--cache <on|off>', 'give the same request the same answer again, without asking a provider')
    .option(
      '--auto-cache <on|off>',
      'have Anthropic cache the prompts of clients of other formats; what it writes costs more than input',
    )
    .option('--expires <date>', 'ends at 2030-12-31 (00:00 UTC) or 2030-12-31T18:00Z');
}

/** The members the flags stand for; with `none`, the word takes a member away. */
export function bodyOfFlags(flags: KeyFlags, none: 'none' | undefined = undefined): JsonObject {
  const read = (text: string | undefined, parse: (text: string) => JsonValue) =>
    text === undefined ? undefined : text === none ? null : parse(text);
  const members: Record<string, JsonValue | undefined> = {};
  for (const [member, flag] of Object.entries(TEXT_FLAGS)) members[member] = read(flags[flag], String);
  for (const [member, flag] of Object.entries(NUMBER_FLAGS)) members[member] = read(flags[flag], numberIfOne);
  for (const [member, flag] of Object.entries(SWITCHES)) members[member] = flags[flag];
  members.models = read(flags.models, listed);
  members.require_tags = read(flags.requireTags, listed);
  // a name may be the word itself
  if (flags.name !== undefined) members.name = flags.name;
  return compact(members);
}

/** The body of `POST /admin/keys`, in which null counts as absent. Throws a usage Failure that names the flag at fault and what it takes. */
export function newKeyOfFlags(flags: KeyFlags, rules: DeskRules): JsonObject {
  const body = bodyOfFlags(flags, 'none');
  try {
    // which plans there are is for the server to say: its configuration may be another
    if (flags.plan === undefined) parseNewKey(body, rules);
    return body;
  } catch (thrown) {
    throw inFlags(thrown, flags);
  }
}

/** A Fault about members as a Failure about the flags they came from, a usage one for a 400; all else as it is. */
export function inFlags(thrown: unknown, flags: KeyFlags): unknown {
  if (!(thrown instanceof Fault)) return thrown;
  const { code, param = '', message, status } = thrown;
  if (status === 409) return new Failure(membersAsFlags(message), 1, code);
  if (status !== 400) return thrown;
  if (param === 'amount_usd') return new Failure(`${message.replace('amount_usd', 'USD')}.`, 2, code);
  const flag = FLAG_OF[param];
  if (flag === undefined) return new Failure(message, 2, code);
  const rest = message.startsWith(`${param} `) ? message.slice(param.length) : ` ${message}`;
  const wrote = flags[flag as keyof KeyFlags];
  const quoted = typeof wrote === 'string' ? ` (not "${wrote.slice(0, 64)}")` : '';
  return new Failure(`${written(flag)}${membersAsFlags(rest)}${quoted}.`, 2, code);
}

function membersAsFlags(text: string): string {
  return text.replace(/\b[a-z]+(?:_[a-z]+)+\b/g, (member) => {
    const flag = FLAG_OF[member];
    return flag === undefined ? member : written(flag);
  });
}

/** `maxBody` as `--max-body`. */
function written(flag: string): string {
  return `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function listed(text: string): string[] {
  return text.split(',').map((each) => each.trim());
}

function numberIfOne(text: string): number | string {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
