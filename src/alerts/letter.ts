// An alert as it is posted: written in the form its receiver reads, and signed.

import type { AlertFormat } from '../config/alerts-schema.ts';
import type { WebhookConfig } from '../config/config.ts';
import { hmacSha256 } from '../lib/crypto.ts';
import { type Alert, type AlertState, alertJson } from './alert.ts';

/** `server` is what this installation is called there: its address. */
export function bodyOf(alert: Alert, format: AlertFormat, server: string): string {
  switch (format) {
    case 'json':
      return JSON.stringify({ type: 'osiris.alert', server, ...alertJson(alert) });
    case 'slack':
      // https://api.slack.com/reference/surfaces/formatting#escaping
      return JSON.stringify({
        text: sentenceOf(alert, server).replace(/[&<>]/g, (char) => ESCAPES[char] ?? ''),
      });
    case 'discord':
      // nobody is called by a name that happens to stand in it
      return JSON.stringify({
        content: sentenceOf(alert, server).slice(0, DISCORD_CHARS_MAX),
        allowed_mentions: { parse: [] },
      });
    default:
      return format satisfies never;
  }
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const DISCORD_CHARS_MAX = 2000;

const SIGNS: Record<AlertState, string> = { raised: '🔴', reminder: '🟠', cleared: '🟢', test: '🔵' };

function sentenceOf({ state, event, message }: Alert, server: string): string {
  return `${SIGNS[state]} Osiris at ${server}: ${message} (${event}, ${state})`;
}

/**
 * The headers of an alert's body, as https://www.standardwebhooks.com has them: receivers know an alert that comes twice
 * by its id, and who it is from by the signature.
 */
export function headersOf(
  alert: Alert,
  body: string,
  { secret, headers }: Pick<WebhookConfig, 'secret' | 'headers'>,
  nowS: number,
): Record<string, string> {
  const signed = `${alert.id}.${nowS}.${body}`;
  return {
    ...headers,
    'content-type': 'application/json',
    'webhook-id': alert.id,
    'webhook-timestamp': String(nowS),
    ...(secret === undefined ? {} : { 'webhook-signature': `v1,${signatureOf(signed, secret)}` }),
  };
}

const BASE64_MARK = 'whsec_';

function signatureOf(text: string, secret: string): string {
  const key = secret.startsWith(BASE64_MARK)
    ? Buffer.from(secret.slice(BASE64_MARK.length), 'base64')
    : Buffer.from(secret);
  return Buffer.from(hmacSha256(key, text)).toString('base64');
}
