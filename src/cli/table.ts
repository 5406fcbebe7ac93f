// Rows of text as aligned columns.

const GAP = '  ';

/** The rows under `head`, columns as wide as their widest cell; numbers (`right`) end on the right. */
export function formatTable(
  head: string[],
  rows: string[][],
  right: ReadonlySet<number> = new Set(),
): string {
  const widths = head.map((title, column) =>
    Math.max(Bun.stringWidth(title), ...rows.map((row) => Bun.stringWidth(row[column] ?? ''))),
  );
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => {
        const space = ' '.repeat(Math.max(0, (widths[column] ?? 0) - Bun.stringWidth(cell)));
        return right.has(column) ? space + cell : cell + space;
      })
      .join(GAP)
      .trimEnd();
  return `${[head, ...rows].map(line).join('\n')}\n`;
}
