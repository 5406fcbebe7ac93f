// What the program says: to files at once, since the runtime tries for ever where a disk is full, to pipes in its time.

import { closeSync, constants, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';

export type Output = {
  /** Never throws. `taken` is called when all of it has left, or never will. */
  write(text: string, taken?: () => void): void;
  /** Why some of it was lost, if it was. Readers that left a pipe are not told here. */
  lost(): Error | undefined;
  /** Resolves when all of it has left. */
  end(): Promise<void>;
};

/** `O_CLOEXEC`, which Node's constants leave out. */
const CLOSED_ON_EXEC = 0o2000000;

/** Of this process. */
export const stdout: Output = outputTo(1);
export const stderr: Output = outputTo(2);

/** A pipe or a socket takes no more than fits; everything else is a file. */
export function isPipe(fd: number): boolean {
  try {
    const kind = fstatSync(fd);
    return kind.isFIFO() || kind.isSocket();
  } catch {
    return false;
  }
}

/**
 * Whether nobody will ever read what is written to this pipe: a new writer then finds no other end to open it for.
 * Only Linux can be asked; elsewhere the next write tells.
 */
export function isDeserted(fd: number): boolean {
  if (process.platform !== 'linux' || !fstatSync(fd).isFIFO()) return false;
  try {
    closeSync(openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK));
    return false;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'ENXIO';
  }
}

/**
 * Whether the program was started without it (`>&-`): the runtime then opens /dev/null in its place, closed on exec,
 * which no descriptor that was handed down can be. Only Linux tells.
 */
export function wasClosed(fd: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '0';
    return (Number.parseInt(flags, 8) & CLOSED_ON_EXEC) !== 0;
  } catch {
    return false;
  }
}

function outputTo(fd: 1 | 2): Output {
  const stream = fd === 1 ? process.stdout : process.stderr;
  if (stream.isTTY || isPipe(fd)) {
    return {
      write: (text, taken) => void stream.write(text, taken),
      lost: () => undefined,
      // only `end` waits until a slow reader has it all
      end: () => new Promise((resolve) => stream.end(resolve)),
    };
  }
  const closed = wasClosed(fd) ? new Error('it was closed when the program began') : undefined;
  let lost: Error | undefined;
  return {
    write(text, taken) {
      try {
        if (closed) throw closed;
        writeAll(fd, Buffer.from(text));
      } catch (thrown) {
        lost ??= thrown instanceof Error ? thrown : new Error(String(thrown));
      }
      taken?.();
    },
    lost: () => lost,
    end: () => Promise.resolve(),
  };
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}
