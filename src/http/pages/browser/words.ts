// Money, numbers and times in words.

const UNITS: [Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];
/** Before a bigger unit is used, so that 45 days are not `next month`. */
const ENOUGH: Partial<Record<Intl.RelativeTimeFormatUnit, number>> = { year: 2, month: 3 };

const relative = new Intl.RelativeTimeFormat('en');
const whole = new Intl.NumberFormat('en-US');
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });
const dateTime = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});
const dayOnly = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** `$1,234.50`, for reading: two decimals, or all four where there are more; six for what is less than a cent. */
export function money(usd: number): string {
  const size = Math.abs(usd);
  if (size > 0 && size < 0.000_001) return `${usd < 0 ? '−' : ''}<$0.000001`;
  if (size < 0.01) return dollarsOf(usd, 6);
  // amounts stand below each other: one digit less would move the point
  return signed(usd, size.toFixed(4).replace(/00$/, ''));
}

/** The amount to its last digit. */
export function exactMoney(usd: number): string {
  return dollarsOf(usd, 9);
}

function dollarsOf(usd: number, decimals: number): string {
  return signed(
    usd,
    Math.abs(usd)
      .toFixed(decimals)
      .replace(/(\.\d\d\d*?)0+$/, '$1'),
  );
}

function signed(usd: number, digits: string): string {
  const [dollars = '0', cents = '00'] = digits.split('.');
  return `${usd < 0 ? '−' : ''}$${whole.format(Number(dollars))}.${cents}`;
}

/** For the scale of a chart. */
export function shortMoney(usd: number): string {
  if (usd === 0) return '$0';
  return usd >= 1000 ? `$${compact.format(usd)}` : `$${Number(usd.toPrecision(3))}`;
}

export function count(value: number): string {
  return whole.format(value);
}

/** `1.2M`. */
export function shortCount(value: number): string {
  return compact.format(value);
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${whole.format(value)} ${value === 1 ? one : many}`;
}

/** `850 ms`, `1.2 s`. */
export function tookOf(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Of so many: `2.5%`. */
export function shareOf(part: number, all: number): string {
  if (part === 0 || all === 0) return '0%';
  const percent = (100 * part) / all;
  return percent < 0.1 ? '<0.1%' : `${percent < 10 ? percent.toFixed(1) : Math.round(percent)}%`;
}

/** `in 12 days`, `3 hours ago`. */
export function fromNow(iso: string): string {
  const seconds = (Date.parse(iso) - Date.now()) / 1000;
  for (const [unit, size] of UNITS) {
    const amount = Math.trunc(seconds / size);
    if (Math.abs(amount) >= (ENOUGH[unit] ?? 1)) return relative.format(amount, unit);
  }
  return seconds > 0 ? 'in less than a minute' : 'just now';
}

/** `31 Dec 2026 14:00`, on the clock of the reader. */
export function moment(iso: string): string {
  return dateTime.format(new Date(iso)).replace(',', '');
}

/** `31 Dec` for `2026-12-31`. */
export function dayName(day: string): string {
  return dayOnly.format(new Date(`${day}T00:00:00Z`));
}
