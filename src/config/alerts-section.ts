// Turns the `alerts` section into its configuration: addresses checked, defaults filled in.

import type { AlertFormat, AlertsShape } from './alerts-schema.ts';
import { ALERT_EVENTS } from './alerts-schema.ts';
import type { AlertsConfig, WebhookConfig } from './config.ts';
import { readHeaders } from './headers.ts';
import { pointerTo, type Report } from './problem.ts';
import { parseDuration } from './units.ts';

const HOUR_MS = 3_600_000;
const REMIND_MS_MIN = 60_000;
const LAG_MS = 2000;
const LAG_MS_MIN = 100;
const WEBHOOKS_MAX = 10;
/** Headers that are made anew for every alert. */
const OWN_HEADER = /^(content-type|content-length|host|user-agent|webhook-.*)$/i;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

export function readAlerts(section: AlertsShape, report: Report): AlertsConfig {
  const remindMs = section.remind === undefined ? 6 * HOUR_MS : parseDuration(section.remind);
  if (remindMs === undefined || (remindMs !== 0 && remindMs < REMIND_MS_MIN))
    report('/alerts/remind', 'must be a duration of at least a minute such as `6h`, or `0` for never');
  const ledgerLagMs = section.ledger_lag === undefined ? LAG_MS : parseDuration(section.ledger_lag);
  if (ledgerLagMs === undefined || ledgerLagMs < LAG_MS_MIN)
    report('/alerts/ledger_lag', 'must be a duration of at least `100ms` such as `2s`');
  const webhooks = (section.webhooks ?? []).flatMap((entry, index) =>
    entry === undefined ? [] : readWebhook(entry, pointerTo('alerts', 'webhooks', index), report),
  );
  if (webhooks.length > WEBHOOKS_MAX) report('/alerts/webhooks', `must be ${WEBHOOKS_MAX} at most`);
  for (const [index, { url }] of webhooks.entries())
    if (webhooks.findIndex((other) => other.url === url) < index)
      report(pointerTo('alerts', 'webhooks', index, 'url'), 'is the address of another one here; keep one');
  return { webhooks, remindMs: remindMs ?? 0, ledgerLagMs: ledgerLagMs ?? LAG_MS };
}

type Entry = NonNullable<AlertsShape['webhooks']>[number];

function readWebhook(entry: Entry, pointer: string, report: Report): WebhookConfig[] {
  // nothing of the address is repeated: whoever knows it can post there
  const url = URL.canParse(entry.url) ? new URL(entry.url) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    report(
      `${pointer}/url`,
      'must be an http(s) address without a user name; what the receiver wants to be told goes into `headers`',
    );
    return [];
  }
  if (entry.secret?.startsWith('whsec_') && !BASE64.test(entry.secret.slice('whsec_'.length)))
    report(`${pointer}/secret`, 'must be base64 behind `whsec_`, or any text without that beginning');
  const headers = readHeaders(entry.headers, pointer, report);
  for (const name of Object.keys(headers))
    if (OWN_HEADER.test(name))
      report(`${pointer}/headers${pointerTo(name)}`, 'is set by Osiris itself; remove it', 'name');
  return [
    {
      url: url.href,
      host: url.host,
      format: entry.format ?? formatOf(url),
      events: entry.events?.filter((each) => each !== undefined) ?? ALERT_EVENTS,
      ...(entry.secret === undefined ? {} : { secret: entry.secret }),
      headers,
    },
  ];
}

function formatOf({ hostname, pathname }: URL): AlertFormat {
  if (hostname === 'hooks.slack.com') return 'slack';
  const isDiscord = hostname === 'discord.com' || hostname === 'discordapp.com';
  return isDiscord && pathname.startsWith('/api/webhooks/') ? 'discord' : 'json';
}
