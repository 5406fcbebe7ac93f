// Tables as CSV (RFC 4180) that a spreadsheet does not take for formulas.

export type CsvCell = string | number | undefined;

/** One line for the head and one for each row, ended by CRLF. Text comes from outside, numbers from us. */
export function formatCsv(head: readonly string[], rows: readonly (readonly CsvCell[])[]): string {
  return [head, ...rows].map((cells) => `${cells.map(cellText).join(',')}\r\n`).join('');
}

/** Spreadsheets run what begins with one of these, also behind white space (OWASP, CSV Injection). */
const FORMULA = /^[\s]*[=+\-@\t\r\n|]/;

function cellText(cell: CsvCell): string {
  if (typeof cell !== 'string') return cell === undefined ? '' : String(cell);
  const harmless = FORMULA.test(cell) && !/^-?\d+(\.\d+)?$/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
