// Tar archives of plain files (POSIX ustar), written and read as streams: `Bun.Archive` holds them in memory.

const BLOCK = 512;
/** The largest size that fits the octal field; beyond, it is written in base 256 as GNU tar does. */
const OCTAL_MAX = 0o77777777777;
const TYPE_AT = 156;
const CHECKSUM_AT = 148;

export type TarMember = {
  /** At most 100 ASCII characters, `/` between folders. */
  name: string;
  /** Bytes that `content` comes to. */
  size: number;
  content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
};
export type TarHeader = Omit<TarMember, 'content'>;
/** `content` has to be read to its end before the next member is asked for. */
export type TarEntry = TarHeader & { content: AsyncIterable<Uint8Array> };

/** The archive is none, or breaks off. */
export class TarError extends Error {
  override readonly name = 'TarError';
}

/** The bytes of an archive of these members, each readable by its owner only. Throws when a content has another size. */
export async function* writeTar(
  members: Iterable<TarMember>,
  modifiedS: number,
): AsyncGenerator<Uint8Array, void> {
  for (const { name, size, content } of members) {
    yield header(name, size, modifiedS);
    let written = 0;
    for await (const chunk of content) {
      written += chunk.length;
      yield chunk;
    }
    if (written !== size) throw new TarError(`${name} changed while it was read`);
    yield new Uint8Array(padding(size));
  }
  yield new Uint8Array(2 * BLOCK);
}

/** The members of an archive, in their order. Throws TarError for what is no archive of plain files, or breaks off. */
export async function* readTar(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry, void> {
  const bytes = new ByteReader(chunks);
  for (;;) {
    const found = readTarHeader(await bytes.take(BLOCK));
    // what follows the end is read too: a compressed archive has its checksum there
    if (found === undefined) return bytes.drain();
    yield { ...found, content: bytes.part(found.size) };
    await bytes.take(padding(found.size));
  }
}

/** A header block, which every member begins with; undefined for the end of the archive. Throws TarError. */
export function readTarHeader(block: Uint8Array): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  const type = block[TYPE_AT];
  if (Number.parseInt(text(block, CHECKSUM_AT, 8), 8) !== checksum(block))
    throw new TarError('it is no tar archive');
  if (type !== 0x30 && type !== 0) throw new TarError('it holds something else than plain files');
  return { name: text(block, 0, 100), size: sizeIn(block) };
}

function header(name: string, size: number, modifiedS: number): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (at: number, written: string) => block.set(new TextEncoder().encode(written), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0');
  put(0, name);
  put(100, `${octal(0o600, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`);
  if (size <= OCTAL_MAX) put(124, octal(size, 11));
  else putBase256(block, size);
  put(136, octal(modifiedS, 11));
  put(TYPE_AT, '0');
  put(257, 'ustar\u000000');
  put(CHECKSUM_AT, `${octal(checksum(block), 6)}\0 `);
  return block;
}

function putBase256(block: Uint8Array, size: number): void {
  new DataView(block.buffer).setBigUint64(128, BigInt(size));
  block[124] = 0x80;
}

function sizeIn(block: Uint8Array): number {
  if (block[124] === 0x80)
    return Number(new DataView(block.buffer, block.byteOffset, BLOCK).getBigUint64(128));
  const size = Number.parseInt(text(block, 124, 12), 8);
  if (!Number.isSafeInteger(size)) throw new TarError('it is no tar archive');
  return size;
}

/** The sum of all bytes, its own field counted as blanks. */
function checksum(block: Uint8Array): number {
  return block.reduce((sum, byte, at) => sum + (at >= CHECKSUM_AT && at < TYPE_AT ? 0x20 : byte), 0);
}

function text(block: Uint8Array, at: number, length: number): string {
  const [word = ''] = new TextDecoder().decode(block.subarray(at, at + length)).split('\0');
  return word.trim();
}

function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/** Cuts chunks as they come into pieces of the lengths that are asked for. */
class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async take(length: number): Promise<Uint8Array> {
    const taken = new Uint8Array(length);
    let filled = 0;
    for await (const piece of this.part(length)) {
      taken.set(piece, filled);
      filled += piece.length;
    }
    return taken;
  }

  async *part(length: number): AsyncGenerator<Uint8Array, void> {
    for (let left = length; left > 0; ) {
      if (this.#rest.length === 0 && !(await this.#more())) throw new TarError('it breaks off');
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  async drain(): Promise<void> {
    while (await this.#more());
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#chunks.next();
    this.#rest = done ? new Uint8Array() : value;
    return !done;
  }
}
