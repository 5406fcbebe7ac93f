// The shape of everything in the configuration file that is about telling the operator of trouble.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a variable in the configuration file is written like this.

import Type, { type Static } from 'typebox';
import { duration, needed, oneOf, section, text } from './schema-kit.ts';

/** What the operator can be told of. */
export const ALERT_EVENTS = [
  'account_empty',
  'credential_refused',
  'breaker_open',
  'ledger_lag',
  'storage_fault',
  'config_failed',
  'spend_cap',
  'paused',
] as const;
export type AlertEvent = (typeof ALERT_EVENTS)[number];

/** The forms an alert is written in. */
const ALERT_FORMATS = ['json', 'slack', 'discord'] as const;
export type AlertFormat = (typeof ALERT_FORMATS)[number];

const Webhook = section(
  {
    url: needed(
      'Address that alerts are posted to; it is kept like a secret.',
      'an http(s) address such as `"${ALERT_URL}"`',
    ),
    format: Type.Optional(
      oneOf(ALERT_FORMATS, {
        description:
          'How an alert is written: as JSON with all its members, or as a message for Slack (Mattermost, Rocket.Chat) or Discord. Told by the address when left out.',
      }),
    ),
    events: Type.Optional(
      Type.Array(oneOf(ALERT_EVENTS, { description: 'An event.' }), {
        description: 'Which events are sent there; all of them when left out.',
        minItems: 1,
      }),
    ),
    secret: text({
      description:
        'Signs every alert as Standard Webhooks have it (`webhook-signature`); behind `whsec_` it is base64.',
      expects: 'a secret such as `"${ALERT_SECRET}"`',
    }),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.String({ description: 'Value of the header.' }), {
        description: 'Headers to add, such as the token a receiver asks for.',
      }),
    ),
  },
  { description: 'Where alerts go.', expects: 'a section such as `{ url: "${ALERT_URL}" }`' },
);

export const Alerts = section(
  {
    webhooks: Type.Optional(Type.Array(Webhook, { description: 'Who is told of trouble.' })),
    remind: duration({
      description: 'After so long trouble that goes on is told again; `0` never does.',
      default: '6h',
    }),
    ledger_lag: duration({
      description: 'Charges that wait longer than this to be on disk are trouble.',
      default: '2s',
    }),
  },
  { description: 'Telling the operator of trouble.' },
);

export type AlertsShape = Static<typeof Alerts>;
