// A time zone in which no day ends while a test runs.

/** One where it is about noon now (IANA; the signs of `Etc/GMT` are the other way round). */
export function noonZone(now = new Date()): string {
  const aheadHours = 12 - now.getUTCHours();
  return `Etc/GMT${aheadHours > 0 ? '-' : '+'}${Math.abs(aheadHours)}`;
}
