// The flags of `keys create`, as the JSON the admin API takes.

import type { Command } from 'commander';
import { Fault } from '../canonical/fault.ts';
import { compact, type JsonObject } from '../lib/json.ts';
import { parseNewKey } from '../store/keys.ts';
import { Failure } from './failure.ts';

/** As commander hands them over: text, untouched. */
export type KeyFlags = Partial<
  Record<
    | 'name'
    | 'kind'
    | 'credit'
    | 'days'
    | 'quota'
    | 'budget'
    | 'models'
    | 'rpm'
    | 'concurrency'
    | 'tpm'
    | 'expires'
    | 'account',
    string
  >
>;

const FLAG_OF: Record<string, keyof KeyFlags> = {
  name: 'name',
  kind: 'kind',
  credit_usd: 'credit',
  days: 'days',
  quota_usd: 'quota',
  budget: 'budget',
  models: 'models',
  requests_per_minute: 'rpm',
  concurrent: 'concurrency',
  tokens_per_minute: 'tpm',
  expires: 'expires',
  account: 'account',
};

export function withKeyFlags(command: Command): Command {
  return command
    .requiredOption('--name <name>', 'whose key it is')
    .option(
      '--kind <kind>',
      'credit (a balance), time (a number of days) or trial (3 days, gmail.com)',
      'credit',
    )
    .option('--credit <usd>', 'the balance of a credit key, such as 5 or 0.25')
    .option('--days <n>', 'ends this many days from now')
    .option('--quota <usd>', 'what a time key may use in total, at list price')
    .option('--budget <usd/period>', 'a cap that starts anew: 20/month, 5/week, 1/day')
    .option('--models <ids>', 'only these models: gpt-5,claude-*')
    .option('--rpm <n>', 'requests a minute')
    .option('--concurrency <n>', 'requests at once')
    .option('--tpm <n>', 'tokens a minute')
    .option('--expires <date>', 'ends at 2030-12-31 (00:00 UTC) or 2030-12-31T18:00Z')
    .option('--account <email>', 'who owns it; without it the operator');
}

/** The body of `POST /admin/keys`. Throws a usage Failure that names the flag at fault and what it takes. */
export function bodyOfFlags(flags: KeyFlags): JsonObject {
  const body = compact({
    name: flags.name,
    kind: flags.kind,
    credit_usd: flags.credit,
    days: numberIfOne(flags.days),
    quota_usd: flags.quota,
    budget: flags.budget,
    models: flags.models?.split(',').map((each) => each.trim()),
    requests_per_minute: numberIfOne(flags.rpm),
    concurrent: numberIfOne(flags.concurrency),
    tokens_per_minute: numberIfOne(flags.tpm),
    expires: flags.expires,
    account: flags.account,
  });
  try {
    parseNewKey(body);
    return body;
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    throw new Failure(inFlags(thrown, flags), 2, thrown.code);
  }
}

/** The message with members as the flags they came from, and what the user wrote. */
function inFlags(fault: Fault, flags: KeyFlags): string {
  const flag = FLAG_OF[fault.param ?? ''];
  if (flag === undefined) return fault.message;
  const rest = fault.message.startsWith(`${fault.param} `)
    ? fault.message.slice(fault.param?.length)
    : ` ${fault.message}`;
  const named = rest.replace(/\b(credit_usd|quota_usd)\b/g, (member) => `--${FLAG_OF[member]}`);
  const wrote = flags[flag];
  return `--${flag}${named}${wrote === undefined ? '' : ` (not "${wrote.slice(0, 64)}")`}.`;
}

function numberIfOne(text: string | undefined): number | string | undefined {
  return text !== undefined && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
