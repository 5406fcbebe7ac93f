// Brings tool call ids into the characters and length every provider accepts, without making two ids one, and back.

const PLAIN = /^[A-Za-z0-9_-]{1,64}$/;
const ID_CHARS_MAX = 64;

/**
 * A plain id (`[A-Za-z0-9_-]`, at most 64 characters) stays as it is; any other becomes `t_` and its base64url, or
 * its SHA-256 when that would be too long. The same id always gives the same text, so calls and results still meet.
 */
export function safeToolId(id: string): string {
  if (PLAIN.test(id)) return id;
  const safe = escaped(id);
  if (safe.length <= ID_CHARS_MAX) return safe;
  return `t_${new Bun.CryptoHasher('sha256').update(id).digest('base64url')}`;
}

/** The id that was escaped, which its own provider knows it by; any other id as it is. */
export function ownToolId(id: string): string {
  if (!id.startsWith('t_')) return id;
  const own = Buffer.from(id.slice(2), 'base64url').toString();
  return own !== '' && !PLAIN.test(own) && escaped(own) === id ? own : id;
}

function escaped(id: string): string {
  return `t_${Buffer.from(id).toString('base64url')}`;
}
