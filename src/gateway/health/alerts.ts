// Tells the operator of providers that fail, refuse our credentials or want to be paid.

import type { Alarm } from '../../alerts/alert.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Failure } from '../../routing/retry.ts';
import type { HealthNews, Refused } from './news.ts';

/** Passes on what `Health` hears. The sandbox fails to order: nobody is told. */
export function healthAlerts(alarm: Alarm): (news: HealthNews) => void {
  /** A provider that is down has many deployments: they are one trouble. */
  const failing = new Map<string, Map<string, Failure>>();
  return (news) => {
    if (news.about === 'credential') {
      tellOfCredential(alarm, news);
      return;
    }
    const { provider, model, state } = news;
    if (provider.builtIn) return;
    const models = failing.get(provider.id) ?? new Map<string, Failure>();
    failing.set(provider.id, models);
    if (state === 'failing') models.set(model, news.failure);
    else models.delete(model);
    if (models.size > 0) {
      raiseFailing(alarm, provider, models);
      return;
    }
    failing.delete(provider.id);
    const how = state === 'gone' ? 'is no longer in the configuration as it was' : 'answers again';
    alarm.clear('breaker_open', provider.id, `Provider ${provider.id} ${how}.`);
  };
}

const SHOWN_MAX = 5;

function raiseFailing(alarm: Alarm, { id }: Provider, models: ReadonlyMap<string, Failure>): void {
  const names = [...models.keys()];
  const more = names.length > SHOWN_MAX ? ` and ${names.length - SHOWN_MAX} more` : '';
  const [[, { code, status }] = NEVER] = models;
  const how = status === undefined ? code : `${code}, status ${status}`;
  alarm.raise(
    'breaker_open',
    id,
    `Provider ${id} fails and is left alone for now: ${names.slice(0, SHOWN_MAX).join(', ')}${more} (${how}). One call at a time finds out whether it is back.`,
    { provider: id, models: names, code, status: status ?? null },
  );
}

const NEVER: [string, Failure] = [
  '',
  { code: 'bad_gateway', status: undefined, errno: undefined, retryAfterS: undefined },
];

type CredentialNews = Extract<HealthNews, { about: 'credential' }>;

function tellOfCredential(alarm: Alarm, news: CredentialNews): void {
  const { provider, place } = news.of;
  const subject = subjectOf(news.of);
  if (!('model' in news)) {
    const how = news.state === 'gone' ? 'is no longer in the configuration' : 'is accepted again';
    alarm.clear('account_empty', subject, `It is well again: ${subject} ${how}.`);
    alarm.clear('credential_refused', subject, `It is well again: ${subject} ${how}.`);
    return;
  }
  const { state, model, status } = news;
  const why = status === undefined ? '' : ` (status ${status})`;
  const details = { provider: provider.id, key: place, model, status: status ?? null };
  const isUnpaid = state === 'unpaid';
  alarm.raise(
    isUnpaid ? 'account_empty' : 'credential_refused',
    subject,
    isUnpaid
      ? `The account of ${subject} is empty, or its bill is not paid${why}. Calls go elsewhere where they can; pay there, and they come back by themselves.`
      : `The provider does not accept ${subject}${why}, asked for ${model}. Put a good one into the configuration.`,
    details,
  );
}

/** Which of our credentials, without a piece of it. */
function subjectOf({ provider, place }: Refused): string {
  const { id, credentials } = provider;
  return credentials.length > 1 ? `key ${place} of ${id}` : `the key of ${id}`;
}
