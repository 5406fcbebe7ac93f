// Tar archives: what is written is read back at every cut, by us and by tar; what is broken is told.

import { describe, expect, test } from 'bun:test';
import { readTar, readTarHeader, TarError, type TarMember, writeTar } from '../../src/lib/tar.ts';

const bytes = (length: number) => Uint8Array.from({ length }, (_, at) => (at * 7 + length) % 256);
const member = (name: string, content: Uint8Array): TarMember => ({
  name,
  size: content.length,
  content: [content.subarray(0, 3), content.subarray(3)],
});
const MEMBERS = [0, 1, 511, 512, 513, 3000].map((length) => member(`folder/${length}.bin`, bytes(length)));

async function written(members: TarMember[]): Promise<Uint8Array> {
  return Buffer.concat(await Array.fromAsync(writeTar(members, 1_796_000_000)));
}

async function* cut(archive: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < archive.length; at += length) yield archive.subarray(at, at + length);
}

async function read(chunks: AsyncIterable<Uint8Array>): Promise<[string, Uint8Array][]> {
  const found: [string, Uint8Array][] = [];
  for await (const { name, content } of readTar(chunks))
    found.push([name, Buffer.concat(await Array.fromAsync(content))]);
  return found;
}

describe('a tar archive', () => {
  test.each([1, 7, 512, 1000, 1_000_000])('is read back in chunks of %d bytes', async (length) => {
    const found = await read(cut(await written(MEMBERS), length));
    expect(found.map(([name]) => name)).toEqual(MEMBERS.map(({ name }) => name));
    for (const [name, content] of found)
      expect(new Uint8Array(content)).toEqual(bytes(Number(/\d+/.exec(name)?.[0])));
  });

  test('is one for tar, too, with files for their owner only', async () => {
    const list = Bun.spawn(['tar', '-tvf', '-'], { stdin: await written(MEMBERS), stdout: 'pipe' });
    const lines = (await new Response(list.stdout).text()).trim().split('\n');
    expect(await list.exited).toBe(0);
    expect(lines).toHaveLength(MEMBERS.length);
    expect(lines[5]).toMatch(/^-rw------- +\S+ +3000 .* folder\/3000\.bin$/);
  });

  test('may hold more than 8 GiB', async () => {
    const size = 20 * 1024 ** 3 + 5;
    const [block = new Uint8Array()] = await Array.fromAsync({
      async *[Symbol.asyncIterator]() {
        for await (const first of writeTar([{ name: 'large', size, content: [] }], 0)) {
          yield first;
          return;
        }
      },
    });
    expect(readTarHeader(block)).toEqual({ name: 'large', size });
  });

  test('is not written of a file that changed meanwhile', async () => {
    expect(written([{ name: 'a', size: 4, content: [bytes(3)] }])).rejects.toThrow(
      'a changed while it was read',
    );
  });

  test('that breaks off is told, wherever it does', async () => {
    const archive = await written(MEMBERS);
    for (const end of [0, 1, 512, 700, archive.length - 1024])
      expect(read(cut(archive.subarray(0, end), 100))).rejects.toBeInstanceOf(TarError);
  });

  test('is told from anything else, and holds nothing but files', async () => {
    expect(read(cut(bytes(2048), 512))).rejects.toBeInstanceOf(TarError);
    const link = await written(MEMBERS);
    link[156] = 0x32;
    const sum = link.subarray(0, 512).reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 32 : byte), 0);
    link.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
    expect(read(cut(link, 512))).rejects.toThrow('something else than plain files');
  });
});
