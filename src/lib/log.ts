// One line per event on stderr: readable on a terminal, JSON otherwise, secrets cut out.

import { formatTime, nowMs } from './clock.ts';
import { type Output, stderr } from './output.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What goes beside the message; errors and bigints are written as text. */
export type LogFields = Record<string, unknown>;

export type Log = Record<LogLevel, (message: string, fields?: LogFields) => void>;

export type LogOptions = {
  write: (line: string) => void;
  /** Readable lines instead of JSON. */
  readable: boolean;
  /** The lowest level that is written. */
  level: LogLevel;
};

const RANKS: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };
const SECRET_NAME =
  /^(authorization|proxy-authorization|x-api-key|x-goog-api-key|api_?key|secret|password|cookie)$/i;
const SECRET_TEXT =
  /\b(sk-|osiris-admin-|gsk_|xai-|AIza|ya29\.)[A-Za-z0-9_.-]{6,}|\b(Bearer|Basic) +[A-Za-z0-9+/=_.~-]{8,}|([?&](?:key|api_key|access_token)=)[^&\s"'\\]+/gi;

/** The text with everything that looks like a secret shortened to its kind: `sk-…`, `Bearer …`. */
export function redact(text: string): string {
  return text.replace(
    SECRET_TEXT,
    (_, prefix: string | undefined, scheme: string | undefined, name: string | undefined) =>
      scheme === undefined ? `${prefix ?? name ?? ''}…` : `${scheme} …`,
  );
}

/** A logger of its own, for tests and for other places than stderr. */
export function createLog(options: LogOptions): Log {
  const line = options.readable ? readableLine : jsonLine;
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (RANKS[level] >= RANKS[options.level]) options.write(redact(line(level, message, fields ?? {})));
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** Characters that may wait for whoever reads the log. */
const MAX_WAITING = 4_000_000;

/**
 * Writes lines of which no more than that wait for a reader that is stuck: what comes then is dropped, until half of it
 * has left, and how much that was is told to `tellDropped`.
 */
function boundedTo(output: Output, tellDropped: (lines: number) => void): (line: string) => void {
  let waiting = 0;
  let dropped = 0;
  return (line) => {
    if (dropped > 0 || waiting + line.length > MAX_WAITING) {
      dropped++;
      return;
    }
    waiting += line.length;
    output.write(line, () => {
      waiting -= line.length;
      if (dropped === 0 || waiting > MAX_WAITING / 2) return;
      const lines = dropped;
      dropped = 0;
      tellDropped(lines);
    });
  };
}

/** The process's log. */
export const log: Log = createLog({
  write: boundedTo(stderr, (lines) =>
    log.warn('nobody read this log: lines of it were dropped here', { lines }),
  ),
  readable: process.stderr.isTTY === true,
  level: 'info',
});

function jsonLine(level: LogLevel, message: string, fields: LogFields): string {
  const seen = { time: formatTime(nowMs()), level, message, ...fields };
  return `${stringify(seen)}\n`;
}

function readableLine(level: LogLevel, message: string, fields: LogFields): string {
  const time = formatTime(nowMs()).slice(11, 23);
  let text = `${time} ${level.padEnd(5)} ${message}`;
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) text += ` ${name}=${shown(name, value)}`;
  }
  return `${text}\n`;
}

function shown(name: string, value: unknown): string {
  if (SECRET_NAME.test(name)) return '…';
  if (value instanceof Error) return stringify(value.message);
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : stringify(value);
}

/** JSON that never throws: cycles and the ninth level become an ellipsis. */
function stringify(value: unknown): string {
  const ancestors: unknown[] = [];
  return (
    JSON.stringify(value, function (this: unknown, name, found: unknown) {
      if (SECRET_NAME.test(name)) return '…';
      if (typeof found === 'bigint') return found.toString();
      const member = found instanceof Error ? describeError(found) : found;
      if (typeof member !== 'object' || member === null) return member;
      while (ancestors.length > 0 && ancestors.at(-1) !== this) ancestors.pop();
      if (ancestors.length >= 8 || ancestors.includes(member)) return '…';
      ancestors.push(member);
      return member;
    }) ?? 'undefined'
  );
}

function describeError(error: Error): object {
  return {
    name: error.name,
    message: error.message,
    ...('code' in error ? { code: error.code } : {}),
    stack: error.stack,
    cause: error.cause,
  };
}
