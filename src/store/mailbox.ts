// The one mailbox behind the many spellings of an e-mail address.

/** Lower case; Gmail ignores dots and everything from a plus sign. */
export function mailboxOf(email: string): string {
  const lower = email.toLowerCase();
  const at = lower.lastIndexOf('@');
  const domain = lower.slice(at + 1);
  if (domain !== 'gmail.com') return lower;
  return `${lower.slice(0, at).split('+')[0]?.replaceAll('.', '')}@${domain}`;
}
