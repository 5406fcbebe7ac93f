// Reads the JSON that asks for a new key.

import type { JsonObject, JsonValue } from '../lib/json.ts';
import { nearestNames } from '../lib/nearest.ts';
import { mailboxOf } from '../store/mailbox.ts';
import type { KeyKind, NewKey } from '../store/ports.ts';
import {
  budgetOf,
  dollars,
  flag,
  given,
  LIMIT_MEMBERS,
  limitsOf,
  missing,
  modelsOf,
  nameOf,
  objectOf,
  onOrOff,
  tagsOf,
  timeOf,
  whole,
  wrong,
} from './key-members.ts';
import { DEFAULT_TRIAL, domainsOf, type KeyPlan, type KeyRules, type TrialRules } from './key-rules.ts';

const MEMBERS = [
  'name',
  'kind',
  'plan',
  'credit_usd',
  'days',
  'from_first_use',
  'quota_usd',
  'budget',
  'models',
  'require_tags',
  'expires',
  'account',
  'share_purse',
  'log_bodies',
  'strict',
  'cache',
  'auto_cache',
  ...Object.keys(LIMIT_MEMBERS),
];
const KINDS: KeyKind[] = ['credit', 'time', 'trial'];
const MAX_DAYS = 36_500;

/**
 * The key that `json` describes, with what its plan and its kind bring. Members are those of `MEMBERS`; null counts as
 * absent; USD may be numbers or decimal strings. Throws `missing_field`, `invalid_value` or `unsupported_parameter`
 * with the member as `param`; each message begins with the member's name and repeats no value.
 */
export function parseNewKey(value: unknown, rules: KeyRules = {}): NewKey {
  const json = objectOf(value, MEMBERS, '{"name": "my app"}');
  const trial = rules.trial ?? DEFAULT_TRIAL;
  const plan = planOf(json.plan, rules);
  const kind = kindOf(json.kind, plan);
  const days = whole(json, 'days', MAX_DAYS) ?? daysOf(json, kind, plan, trial);
  const models = given(json.models) ? modelsOf(json.models) : plan?.models;
  const quotaNano = dollars(json, 'quota_usd') ?? plan?.quotaNano;
  const fromFirstUse = flag(json, 'from_first_use') === true;
  const creditNano = dollars(json, 'credit_usd');
  const limits = limitsOf(json);
  if (kind === 'trial') limits.requestsPerMinute ??= trial.requestsPerMinute;
  const key: NewKey = {
    name: given(json.name) ? nameOf(json.name) : missing('name', 'say whose key it is, such as "ana-laptop"'),
    kind,
    account: accountOf(json.account, kind, trial),
    creditNano: creditNano ?? plan?.creditNano ?? (kind === 'trial' ? trial.creditNano : 0n),
    limits,
  };
  if (given(json.plan)) key.plan = String(json.plan);
  if (days !== undefined) key.days = days;
  if (kind === 'time') key.windowFrom = fromFirstUse ? 'first-use' : 'creation';
  if (quotaNano !== undefined) key.quotaNano = quotaNano;
  if (given(json.budget)) key.budget = budgetOf(json.budget);
  if (models !== undefined) key.models = models;
  if (given(json.require_tags)) key.requireTags = tagsOf(json.require_tags);
  if (given(json.expires)) key.expiresAtMs = timeOf('expires', json.expires);
  if (flag(json, 'log_bodies')) key.logBodies = true;
  if (flag(json, 'strict')) key.strict = true;
  if (given(json.cache)) key.cache = onOrOff('cache', json.cache);
  if (given(json.auto_cache) && onOrOff('auto_cache', json.auto_cache) === 'on') key.autoCache = true;
  if (flag(json, 'share_purse')) key.sharePurse = true;
  refuseContradictions(json, key);
  return key;
}

function refuseContradictions(json: JsonObject, key: NewKey): void {
  const { kind, account, days, expiresAtMs, windowFrom } = key;
  if (given(json.days) && given(json.expires))
    wrong('expires', 'cannot stand beside days: both say when the key ends; keep one');
  if (kind === 'time' && days === undefined && expiresAtMs === undefined)
    missing('days', 'a time key needs days, such as 30, or expires');
  if (kind === 'time' && given(json.credit_usd))
    wrong(
      'credit_usd',
      'is for credit and trial keys; a time key is paid by its days, and quota_usd can cap it',
    );
  if (kind !== 'time' && given(json.quota_usd))
    wrong('quota_usd', 'is for time keys; what a credit or trial key may use is its credit_usd');
  if (kind !== 'time' && json.from_first_use === true)
    wrong('from_first_use', 'is for time keys: their days may begin with the first call');
  if (windowFrom === 'first-use' && days === undefined)
    wrong('from_first_use', 'needs days, such as 30, instead of expires');
  if (!key.sharePurse) return;
  if (account === 'operator')
    wrong('share_purse', 'needs an account: the key then draws on the balance of that account');
  if (kind !== 'credit')
    wrong('share_purse', 'is for credit keys; time keys have no balance and a trial has its own');
}

function planOf(value: JsonValue | undefined, { plans }: KeyRules): KeyPlan | undefined {
  if (!given(value)) return undefined;
  const names = [...(plans?.keys() ?? [])];
  const plan = typeof value === 'string' ? plans?.get(value) : undefined;
  if (plan !== undefined) return plan;
  if (names.length === 0)
    return wrong('plan', 'names no plan: the configuration has none; add one under plans:');
  const near = typeof value === 'string' ? nearestNames(value, names, 1)[0] : undefined;
  return wrong(
    'plan',
    `names no plan of the configuration; ${near === undefined ? `there are ${names.join(', ')}` : `did you mean ${near}?`}`,
  );
}

function kindOf(value: JsonValue | undefined, plan: KeyPlan | undefined): KeyKind {
  const planned = plan && (plan.days === undefined ? 'credit' : 'time');
  if (!given(value)) return planned ?? 'credit';
  const kind = KINDS.find((each) => each === value);
  if (kind === undefined)
    return wrong('kind', 'must be credit (a balance in USD), time (a number of days) or trial');
  if (planned !== undefined && kind !== planned)
    return wrong('kind', `does not fit the plan, which makes ${planned} keys; leave it out`);
  return kind;
}

/** What an expiry of its own makes superfluous. */
function daysOf(
  json: JsonObject,
  kind: KeyKind,
  plan: KeyPlan | undefined,
  trial: TrialRules,
): number | undefined {
  if (given(json.expires)) return undefined;
  return plan?.days ?? (kind === 'trial' ? trial.days : undefined);
}

function accountOf(value: JsonValue | undefined, kind: KeyKind, trial: TrialRules): string {
  const domains = domainsOf(trial);
  if (kind === 'trial' && !given(value)) missing('account', `a trial key belongs to a mailbox of ${domains}`);
  if (!given(value) || value === 'operator') {
    return kind === 'trial'
      ? wrong('account', `must be a mailbox of ${domains} for a trial key`)
      : 'operator';
  }
  const account = typeof value === 'string' ? value.trim().toLowerCase() : '';
  if (account.length > 254 || !/^[^\s@,;<>()"]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(account)) {
    wrong('account', 'must be an e-mail address such as ana@example.com, or left out for the operator');
  }
  if (mailboxOf(account).startsWith('@')) wrong('account', 'names no mailbox: dots and a plus do not count');
  if (kind === 'trial' && !trial.emailDomains.some((domain) => account.endsWith(`@${domain}`))) {
    wrong('account', `must be a mailbox of ${domains} for a trial key`);
  }
  return account;
}
