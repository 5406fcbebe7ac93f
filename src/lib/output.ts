// What the program says: to files at once, since the runtime tries for ever where a disk is full, to pipes in its time.

import { fstatSync, writeSync } from 'node:fs';

export type Output = {
  /** Never throws. */
  write(text: string): void;
  /** Why some of it was lost, if it was. Readers that left a pipe are not told here. */
  lost(): Error | undefined;
  /** Resolves when all of it has left. */
  end(): Promise<void>;
};

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

function outputTo(fd: 1 | 2): Output {
  const stream = fd === 1 ? process.stdout : process.stderr;
  if (stream.isTTY || isPipe(fd)) {
    return {
      write: (text) => void stream.write(text),
      lost: () => undefined,
      // only `end` waits until a slow reader has it all
      end: () => new Promise((resolve) => stream.end(resolve)),
    };
  }
  let lost: Error | undefined;
  return {
    write(text) {
      try {
        writeAll(fd, Buffer.from(text));
      } catch (thrown) {
        lost ??= thrown instanceof Error ? thrown : new Error(String(thrown));
      }
    },
    lost: () => lost,
    end: () => Promise.resolve(),
  };
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}
