// Backups and restores as people read them.

import { compact, type JsonObject } from '../lib/json.ts';
import { formatUsd, usd } from '../lib/money.ts';
import { asPrintable } from '../lib/printable.ts';
import type { Checked, NamedKey, Newer, Placed, Step } from '../store/backup.ts';
import { whole } from './usage-text.ts';

const STEPS: Record<Step, string> = {
  copying: 'copying the database …',
  packing: 'packing …',
  unpacking: 'unpacking …',
  checking: 'checking the ledger …',
};
const NAMED_MAX = 8;
const VIOLATIONS_MAX = 5;

/** `path` is undefined for stdout. */
export type Made = { path: string | undefined; sizeBytes: number; tookMs: number; removed: string[] };

/** In the place of the step before, on a terminal. */
export function stepText(step: Step | undefined): string {
  return `\r\x1b[K${step === undefined ? '' : STEPS[step]}`;
}

export function backupText(made: Made, checked: Checked): string {
  const where = made.path === undefined ? 'Wrote a backup to stdout' : `Wrote ${made.path}`;
  const removed = made.removed.map((path) => `Removed ${path}.`);
  return [
    `${where} (${megabytes(made.sizeBytes)}, ${(made.tookMs / 1000).toFixed(1)} s).`,
    '',
    ...holdingLines(checked),
    ...(removed.length > 0 ? ['', ...removed] : []),
    ...(checked.verification.ok
      ? []
      : ['', ...brokenLines(checked), 'No earlier backup was removed: keep one that is whole.']),
    '',
  ].join('\n');
}

export function backupJson(made: Made, checked: Checked): JsonObject {
  return {
    object: 'backup',
    path: made.path ?? null,
    size_bytes: made.sizeBytes,
    took_ms: Math.round(made.tookMs),
    ...heldJson(checked),
    removed: made.removed,
  };
}

/** What a backup holds, for `--json`. */
export function heldJson({ manifest, holdings, verification }: Checked): JsonObject {
  return {
    made_at: manifest.made_at,
    osiris: manifest.osiris,
    keys: holdings.keys,
    revoked_keys: holdings.revokedKeys,
    accounts: holdings.accounts,
    entries: holdings.entries,
    balance_usd: usd(holdings.balanceNano),
    configurations: holdings.configurations,
    logged_calls: holdings.calls ?? null,
    ledger_ok: verification.ok,
    violations: verification.violations,
  };
}

export function restoreText(
  dataDir: string,
  placed: Placed,
  checked: Checked,
  config: string | undefined,
): string {
  return [
    `${dataDir} is as it was at ${minute(checked)} UTC.`,
    '',
    ...holdingLines(checked),
    '',
    ...asideLines(placed),
    ...(config === undefined
      ? []
      : [`No configuration file is in use here. The last one then was ${config}: copy it to osiris.yaml.`]),
    '',
  ].join('\n');
}

/** Of an earlier restore. */
export function finishedText({ aside }: Pick<Placed, 'aside'>): string {
  const where =
    aside === undefined ? 'Nothing was there before.' : `What was there before it is in ${aside}.`;
  return `A restore that was cut off was finished first. ${where}`;
}

export function placedJson({ aside, newer }: Placed): JsonObject {
  const keysJson = (keys: NamedKey[]) => keys.map(({ id, name }) => ({ id, name }));
  const isCompared = typeof newer === 'object';
  return {
    aside: aside ?? null,
    compared: isCompared ? 'yes' : (newer ?? 'nothing was there'),
    ...compact({
      lost: isCompared
        ? {
            entries: newer.entries,
            charged_usd: usd(newer.chargedNano),
            given_usd: usd(newer.givenNano),
            gone_keys: keysJson(newer.goneKeys),
            revived_keys: keysJson(newer.revivedKeys),
            rotated_keys: keysJson(newer.rotatedKeys),
          }
        : undefined,
    }),
  };
}

/** Why a ledger that breaks its promises is not put in place. */
export function brokenLines({ verification: { violations } }: Checked): string[] {
  return [
    'The ledger in it breaks its promises; `osiris ledger verify` tells each:',
    ...violations.slice(0, VIOLATIONS_MAX).map(({ check, message }) => `  ${check}: ${message}`),
    ...(violations.length > VIOLATIONS_MAX ? ['  …'] : []),
  ];
}

function holdingLines(checked: Checked): string[] {
  const { manifest, holdings, verification } = checked;
  const { keys, revokedKeys, calls } = holdings;
  const lines: [string, string][] = [
    ['moment', `${minute(checked)} UTC, by Osiris ${manifest.osiris}`],
    ['keys', revokedKeys === 0 ? whole(keys) : `${whole(keys)}, ${whole(revokedKeys)} of them revoked`],
    ['accounts', whole(holdings.accounts)],
    ['balances', `$${formatUsd(holdings.balanceNano)} together`],
    [
      'ledger',
      `${count(holdings.entries, 'entry', 'entries')}, ${verification.ok ? 'all promises kept' : 'BROKEN'}`,
    ],
    ['configurations', whole(holdings.configurations)],
    ['request journal', calls === undefined ? 'not in it (--logs)' : count(calls, 'call', 'calls')],
  ];
  return lines.map(([name, value]) => `  ${name.padEnd(16)} ${value}`);
}

function asideLines({ aside, newer }: Placed): string[] {
  if (aside === undefined) return ['Nothing was there before.'];
  return [`What was there is in ${aside}.`, ...newerLines(newer)];
}

function newerLines(newer: Placed['newer']): string[] {
  if (newer === undefined) return [];
  if (newer === 'unreadable') return ['It cannot be read, so what is lost since the backup is not known.'];
  if (newer === 'stranger') return ['It was another installation: nothing of it is in the backup.'];
  const { entries, goneKeys, revivedKeys, rotatedKeys } = newer;
  return [
    entries === 0 ? 'It had no entries that the backup has not.' : lostText(newer),
    ...named('Keys made since then are gone', goneKeys),
    ...named('Keys revoked since then work again', revivedKeys),
    ...named('Keys rotated since then have their old secret again', rotatedKeys),
  ];
}

function lostText({ entries, chargedNano, givenNano }: Newer): string {
  const money = `$${formatUsd(chargedNano)} charged, $${formatUsd(givenNano)} given`;
  return `It had ${count(entries, 'entry', 'entries')} since the backup, lost here: ${money}.`;
}

function named(what: string, keys: NamedKey[]): string[] {
  if (keys.length === 0) return [];
  const shown = keys.slice(0, NAMED_MAX).map(({ id, name }) => `${id} "${asPrintable(name)}"`);
  const more = keys.length - shown.length;
  return [`${what}: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`];
}

function count(n: number, one: string, many: string): string {
  return `${whole(n)} ${n === 1 ? one : many}`;
}

function minute({ manifest }: Checked): string {
  return manifest.made_at.slice(0, 19).replace('T', ' ');
}

function megabytes(bytes: number): string {
  return bytes < 100_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
