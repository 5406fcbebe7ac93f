// Calls of the journal as people read them.

import { asNumber, asObject, asString, type JsonObject, type JsonValue } from '../lib/json.ts';
import { asPrintable, asPrintableLines } from '../lib/printable.ts';

/** Columns with a width of their own, so that rows that come later stand under those before. */
const COLUMNS: readonly [title: string, width: number, right?: true][] = [
  ['TIME (LOCAL)', 19],
  ['STATUS', 6, true],
  ['KEY', 14],
  ['CLIENT', 13],
  ['MODEL → PROVIDER', 38],
  ['IN', 8, true],
  ['OUT', 7, true],
  ['COST', 10, true],
  ['TOOK', 7, true],
];

export function logHead(): string {
  return `${line(COLUMNS.map(([title]) => title))}  ERROR\n`;
}

/** One call as one line. Times are those of this machine's zone; only the status has a colour. */
export function logLine(call: JsonObject, colours: boolean): string {
  const cells = line([
    localTime(call.at),
    plainText(call.status),
    plainText(call.key_name) || plainText(call.key),
    plainText(call.client),
    routeOf(call),
    count(call.input_tokens),
    count(call.output_tokens),
    dollars(call.cost_usd),
    took(call.duration_ms),
  ]);
  const shown = `${cells}  ${plainText(call.code)}`.trimEnd();
  if (!colours) return `${shown}\n`;
  const status = asNumber(call.status) ?? 0;
  const colour = status < 400 ? 32 : status < 500 ? 33 : 31;
  return `${shown.replace(/^(.{19} +)(\d{3})/, `$1\x1b[${colour}m$2\x1b[0m`)}\n`;
}

/** Everything about one call, a line each, then the bodies where they were kept. */
export function describeCall(call: JsonObject): string {
  const lines: [string, string][] = [
    ['call', plainText(call.id)],
    ['request', plainText(call.request_id)],
    ['time', plainText(call.at)],
    ['status', `${plainText(call.status)} ${plainText(call.code)}`.trim()],
    ['message', plainText(call.message)],
    ['key', [plainText(call.key_name), plainText(call.key)].filter(Boolean).join('  ')],
    ['client', [plainText(call.client), plainText(call.client_version)].filter(Boolean).join(' ')],
    ['route', `POST ${plainText(call.path)}${call.stream === true ? ' (stream)' : ''}`],
    ['model asked', plainText(call.model_asked)],
    ['model', plainText(call.model)],
    ['provider', plainText(call.provider)],
    ['provider said', plainText(call.upstream_status)],
    ['attempts', plainText(call.attempts)],
    ['failed tries', plainText(call.failed_attempts)],
    ['losses', plainText(call.losses)],
    ['tokens', tokensOf(call)],
    ['cost', dollars(call.cost_usd)],
    ['settled as', plainText(call.rule)],
    ['took', took(call.duration_ms)],
    ['first byte', call.first_byte_ms == null ? '' : `after ${took(call.first_byte_ms)}`],
    ['bytes', `${plainText(call.bytes_in)} in, ${plainText(call.bytes_out)} out`],
  ];
  const facts = lines
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name.padEnd(14)} ${value}\n`)
    .join('');
  return facts + bodyText('request', call.request_body) + bodyText('answer', call.answer_body);
}

function bodyText(name: string, body: JsonValue | undefined): string {
  const kept = asString(asObject(body).text);
  if (kept === undefined) return '';
  return `\n--- ${name}, ${plainText(asObject(body).bytes)} bytes\n${asPrintableLines(kept)}\n`;
}

function line(cells: string[]): string {
  return COLUMNS.map(([, width, right], column) => {
    const cell = cut(cells[column] ?? '', width);
    const space = ' '.repeat(width - Bun.stringWidth(cell));
    return right ? space + cell : cell + space;
  }).join('  ');
}

function routeOf(call: JsonObject): string {
  const model = plainText(call.model) || plainText(call.model_asked);
  if (call.rule === 'cache') return `${model} → cache`;
  return call.provider == null ? model : `${model} → ${plainText(call.provider)}`;
}

function tokensOf(call: JsonObject): string {
  if (call.input_tokens == null) return '';
  return `${plainText(call.input_tokens)} in (${plainText(call.cached_tokens)} cached), ${plainText(call.output_tokens)} out`;
}

/** Of this machine's zone, to the second. */
export function localTime(value: JsonValue | undefined): string {
  const at = new Date(asString(value) ?? '');
  if (Number.isNaN(at.getTime())) return '';
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000)
    .toISOString()
    .slice(0, 19)
    .replace('T', ' ');
}

function took(value: JsonValue | undefined): string {
  const ms = asNumber(value);
  if (ms === undefined) return '';
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(ms < 100_000 ? 1 : 0)} s`;
}

function dollars(value: JsonValue | undefined): string {
  const amount = asNumber(value);
  return amount === undefined ? '' : `$${amount.toFixed(9).replace(/(\.\d\d\d*?)0+$/, '$1')}`;
}

function count(value: JsonValue | undefined): string {
  return asNumber(value)?.toLocaleString('en-US') ?? '';
}

/** Of any value; absent is empty. */
export function plainText(value: JsonValue | undefined): string {
  // an id or a label is the client's own: it may not move the cursor
  return value == null ? '' : asPrintable(String(value));
}

function cut(value: string, width: number): string {
  return value.length > width ? `${value.slice(0, width - 1)}…` : value;
}
