// Reports as a command gets them: from the running server, or from the database when none runs.

import type { ReportWords } from '../accounts/day-range.ts';
import { usageCsv, usageJson } from '../accounts/usage-report.ts';
import { asObject, asString, type JsonObject, tryParseJson } from '../lib/json.ts';
import { socketPath } from '../store/data-dir.ts';
import { requireConfig } from './config.ts';
import { Failure } from './failure.ts';
import { reach } from './local-socket.ts';
import { dataDirOf, openExisting } from './place.ts';
import type { CommandPorts, ConfigFlags, OpenReports } from './ports.ts';

/** All shapes are those of the admin routes. */
export interface ReportsDoor {
  usage(words: ReportWords): Promise<JsonObject>;
  usageCsv(words: ReportWords): Promise<string>;
  entries(words: ReportWords): Promise<JsonObject>;
  rerate(words: ReportWords): Promise<JsonObject>;
}

type OpenDoor = ReportsDoor & { close(): Promise<void> };

/** A long ledger takes its time. */
const ANSWER_TIMEOUT_MS = 600_000;

/** Opens the door, uses it and closes it again. `post` when the ledger may be written to. */
export async function withReports<T>(
  ports: CommandPorts,
  flags: ConfigFlags,
  { post }: { post: boolean },
  use: (door: ReportsDoor) => Promise<T>,
): Promise<T> {
  const place = dataDirOf(ports, flags);
  const socket = socketPath(place.dataDir);
  const { close, ...door } = await reach<OpenDoor>(
    socket,
    () => serverDoor(socket),
    async () => {
      const config = requireConfig(ports, flags);
      return idleDoor(await openExisting(place, () => ports.openReports(config, { post })));
    },
  );
  try {
    return await use(door);
  } finally {
    await close();
  }
}

function idleDoor({ reports, close }: OpenReports): OpenDoor {
  return {
    usage: async (words) => usageJson(await reports.usage(words)),
    usageCsv: async (words) => usageCsv(await reports.usage(words)),
    entries: (words) => reports.entries(words),
    rerate: (words) => reports.rerate(words),
    close,
  };
}

function serverDoor(socket: string): OpenDoor {
  const ask = async (path: string, words: ReportWords, method: 'GET' | 'POST' = 'GET'): Promise<string> => {
    const given = Object.entries(words).filter((pair): pair is [string, string] => pair[1] !== undefined);
    const query = method === 'GET' ? `?${new URLSearchParams(given)}` : '';
    const response = await fetch(`http://osiris${path}${query}`, {
      unix: socket,
      method,
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      ...(method === 'GET' ? {} : { body: JSON.stringify(Object.fromEntries(given)) }),
    });
    const text = await response.text();
    if (response.ok) return text;
    const error = asObject(asObject(tryParseJson(text)).error);
    const message = asString(error.message) ?? `The running server refused this (status ${response.status}).`;
    throw new Failure(message, 1, asString(error.code) ?? 'failed');
  };
  const json = async (answer: Promise<string>) => asObject(tryParseJson(await answer));
  return {
    usage: (words) => json(ask('/admin/usage', words)),
    usageCsv: (words) => ask('/admin/usage', { ...words, format: 'csv' }),
    entries: (words) => json(ask('/admin/ledger', words)),
    rerate: (words) => json(ask('/admin/ledger/rerate', words, 'POST')),
    async close() {},
  };
}

/** What means nothing is wrong usage when a person typed it, whoever found it out. */
export function asUsageFailure(thrown: unknown): unknown {
  const isWrong = thrown instanceof Error && 'code' in thrown && thrown.code === 'invalid_value';
  return isWrong ? new Failure(`--${thrown.message}`, 2, 'usage') : thrown;
}
