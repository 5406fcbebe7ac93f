// Brings tool call ids into the characters and length every provider accepts, without making two ids one.

const PLAIN = /^[A-Za-z0-9_-]{1,64}$/;
const ID_CHARS_MAX = 64;

/**
 * A plain id (`[A-Za-z0-9_-]`, at most 64 characters) stays as it is; any other becomes `t_` and its base64url, or
 * its SHA-256 when that would be too long. The same id always gives the same text, so calls and results still meet.
 */
export function safeToolId(id: string): string {
  if (PLAIN.test(id)) return id;
  const escaped = `t_${Buffer.from(id).toString('base64url')}`;
  if (escaped.length <= ID_CHARS_MAX) return escaped;
  return `t_${new Bun.CryptoHasher('sha256').update(id).digest('base64url')}`;
}
