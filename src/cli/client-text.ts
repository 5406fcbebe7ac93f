// Client programs as people read them: all of them as a table, one in a few lines.

import { asArray, asNumber, asObject, asString, type JsonObject, type JsonValue } from '../lib/json.ts';
import { localTime, plainText } from './log-text.ts';
import { formatTable } from './table.ts';

const HEAD = ['CLIENT', 'VERSIONS', 'CALLS', 'FAILED', 'SHARE', 'LAST CALL', 'FAILS MOST BY'];
const NUMBERS: ReadonlySet<number> = new Set([2, 3, 4]);
const VERSIONS_SHOWN = 3;
const ERRORS_SHOWN = 8;
const NO_NAME = '(no name)';

/** `answer` is what `/admin/clients` tells. */
export function clientTable(answer: JsonObject): string {
  const clients = asArray(answer.data).map(asObject);
  if (clients.length === 0) return 'No calls fit.\n';
  const rows = clients.map((client) => [
    nameOf(client),
    versionsOf(client),
    whole(client.calls),
    whole(client.failed),
    shareOf(client),
    localTime(client.last_at),
    asArray(client.errors).map(asObject).slice(0, 1).map(errorName).join(''),
  ]);
  const others = asNumber(answer.other_calls) ?? 0;
  return `${formatTable(HEAD, rows, NUMBERS)}${others === 0 ? '' : `and ${whole(others)} calls of other programs\n`}
One of them: osiris logs --client NAME
`;
}

/** Versions, calls, what failed and why; `client` is one of the list. */
export function describeClient(client: JsonObject): string {
  const errors = asArray(client.errors).map(asObject);
  const left = asNumber(client.left) ?? 0;
  const lines = [
    `${nameOf(client)}  ${plural(client.calls, 'call')}, ${whole(client.failed)} failed (${shareOf(client)})${
      left === 0 ? '' : `, ${whole(left)} left before the end`
    }, from ${localTime(client.first_at)} to ${localTime(client.last_at)}`,
    '',
    ...asArray(client.versions).map((entry) => versionLine(asObject(entry))),
    ...errors.slice(0, ERRORS_SHOWN).flatMap((error, index) => errorLines(error, index === 0)),
  ];
  if (errors.length > ERRORS_SHOWN) lines.push(`and ${errors.length - ERRORS_SHOWN} other kinds of failure`);
  return `${lines.join('\n')}\n\n`;
}

function versionLine(version: JsonObject): string {
  const name = plainText(version.version) || '(not told)';
  const failed = asNumber(version.failed) ?? 0;
  const calls = `${plural(version.calls, 'call')}${failed === 0 ? '' : `, ${whole(failed)} failed`}`;
  return `version  ${name.padEnd(16)} ${calls}, last ${localTime(version.last_at)}`;
}

/** What it was, how often, and what the last one was told. */
function errorLines(error: JsonObject, isFirst: boolean): string[] {
  const message = asString(error.message);
  return [
    ...(isFirst ? [''] : []),
    `${errorName(error)}, last ${localTime(error.last_at)}: osiris logs --id ${plainText(error.last_id)}`,
    ...(message === undefined ? [] : [`  ${plainText(message)}`]),
  ];
}

function errorName(error: JsonObject): string {
  return `${whole(error.calls)} × ${plainText(error.status)} ${plainText(error.code)}`.trim();
}

function nameOf(client: JsonObject): string {
  return plainText(client.client) || NO_NAME;
}

function versionsOf(client: JsonObject): string {
  const names = asArray(client.versions)
    .map((entry) => plainText(asObject(entry).version))
    .filter((name) => name !== '');
  const more = names.length - VERSIONS_SHOWN;
  return `${names.slice(0, VERSIONS_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Of the calls, how many failed: `2.5%`. */
function shareOf(client: JsonObject): string {
  const calls = asNumber(client.calls) ?? 0;
  const failed = asNumber(client.failed) ?? 0;
  if (failed === 0 || calls === 0) return '0%';
  const percent = (100 * failed) / calls;
  return percent < 0.1 ? '<0.1%' : `${percent < 10 ? percent.toFixed(1) : Math.round(percent)}%`;
}

function plural(value: JsonValue | undefined, one: string): string {
  return `${whole(value)} ${one}${value === 1 ? '' : 's'}`;
}

function whole(value: JsonValue | undefined): string {
  return (asNumber(value) ?? 0).toLocaleString('en-US');
}
