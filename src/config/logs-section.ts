// Turns the `logs` section into a LogsConfig with units resolved and defaults filled in.

import type { LogsConfig } from './config.ts';
import type { Report } from './problem.ts';
import type { LogsShape } from './schema.ts';
import { parseDuration, parseSize } from './units.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const MEGABYTE = 1024 ** 2;

/** Members at fault keep their default, which is never used. */
export function readLogs(section: LogsShape, report: Report): LogsConfig {
  const retentionMs = section.retention === undefined ? 30 * DAY_MS : parseDuration(section.retention);
  if (retentionMs === undefined || retentionMs < MINUTE_MS)
    report('/logs/retention', 'must be a duration of at least a minute such as `12h` or `30d`');
  const maxBytes = section.max_size === undefined ? 1024 * MEGABYTE : parseSize(section.max_size);
  if (maxBytes === undefined || maxBytes < MEGABYTE)
    report('/logs/max_size', 'must be a size of at least `1MB` such as `500MB` or `2GB`');
  return { retentionMs: retentionMs ?? 30 * DAY_MS, maxBytes: maxBytes ?? 1024 * MEGABYTE };
}
