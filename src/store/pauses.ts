// What the operator has paused, as the database remembers it over restarts.

import { asArray, asNumber, asObject, asString, tryParseJson } from '../lib/json.ts';
import type { Directory } from './ports.ts';

export type PauseScope = 'server' | 'provider' | 'model';

/** `name` is the id of the provider or the model; empty for the whole server. `reason` is for clients, too. */
export type Pause = { scope: PauseScope; name: string; reason: string | undefined; sinceMs: number };

const FACT = 'pauses';
const SCOPES: readonly string[] = ['server', 'provider', 'model'] satisfies PauseScope[];

/** In the order in which they began. */
export function storedPauses(directory: Pick<Directory, 'getFact'>): Pause[] {
  return asArray(tryParseJson(directory.getFact(FACT) ?? '[]')).flatMap((value) => {
    const { scope, name, reason, since_ms: sinceMs } = asObject(value);
    if (!isScope(scope)) return [];
    const named = { scope, name: asString(name) ?? '', reason: asString(reason) };
    return [{ ...named, sinceMs: asNumber(sinceMs) ?? 0 }];
  });
}

/** Durable when it returns. */
export function storePauses(directory: Pick<Directory, 'setFact'>, pauses: readonly Pause[]): void {
  const rows = pauses.map(({ scope, name, reason, sinceMs }) => ({ scope, name, reason, since_ms: sinceMs }));
  directory.setFact(FACT, JSON.stringify(rows));
}

function isScope(value: unknown): value is PauseScope {
  return typeof value === 'string' && SCOPES.includes(value);
}
