// Finds what a whole answer reports of itself at its end, without reading the answer.

import type { ShownCost, Usage } from '../../canonical/usage.ts';
import type { Codec } from '../../formats/codec.ts';
import { bufferOf, needlesOf } from '../../lib/bytes.ts';
import { isObject, tryParseJson } from '../../lib/json.ts';
import { putMembers } from '../../lib/splice.ts';

/** Longer tails are not worth it: then the whole answer is parsed. */
const TAIL_BYTES_MAX = 4096;
const OPEN_BRACE = 123;
const BACKSLASH = 92;

/**
 * The usage of an answer that is plainly a good one, and where the members that hold it begin; undefined whenever only the decoder can tell. The members named
 * by the format's telltale, from the first of them to the end of the text, must parse as the rest of one object:
 * then they are members of the answer itself, as every object around them would need another closing brace, and a
 * quoted text cannot hold their names unescaped.
 */
export function usageAtEnd(bytes: Uint8Array, codec: Codec): { usage: Usage; start: number } | undefined {
  const { whole } = codec.telltale;
  if (bytes[0] !== OPEN_BRACE) return undefined;
  const buffer = bufferOf(bytes);
  let start = buffer.length;
  for (const member of needlesOf(whole.members)) {
    const at = buffer.indexOf(member);
    if (at !== -1 && at < start) start = at;
  }
  if (buffer.length - start > TAIL_BYTES_MAX || start === buffer.length) return undefined;
  // the end of a longer name, or of a text
  if (buffer[start - 1] === BACKSLASH) return undefined;
  if (!needlesOf(whole.signs).some((sign) => buffer.includes(sign))) return undefined;
  if (needlesOf(whole.doubts).some((doubt) => buffer.includes(doubt))) return undefined;
  const tail = tryParseJson(`{${buffer.toString('utf8', start)}`);
  const usage = isObject(tail) ? whole.usage(tail) : undefined;
  return usage && { usage, start };
}

/** The name under which a whole answer has its usage. */
export function usageMember({ telltale }: Codec): string {
  return telltale.usagePath.at(-1) ?? 'usage';
}

/** The answer with the cost beside the tokens of its `member`; `start` is where its last members begin. */
export function withCostAtEnd(bytes: Uint8Array, start: number, member: string, cost: ShownCost): Uint8Array {
  return putMembers(bytes, [member], cost, start);
}
