// One row of the table that the client runs print.

export type Row = {
  client: string;
  upstream: string;
  day: string;
  seconds: number;
  /** Of the agent, answered by the gateway. */
  requests: number;
  /** How many of them asked for a title. */
  titles?: number;
  /** What the person before it reads at the end. */
  shown: string;
  /** What is not as it should be; none is a pass. */
  faults: string[];
};

/** The table, then each fault in full. */
export function printRows(rows: readonly Row[]): void {
  console.table(
    rows.map(({ seconds, shown, faults, ...row }) => ({
      ...row,
      seconds: seconds.toFixed(1),
      shown: shown.replace(/\s+/g, ' ').slice(0, 100),
      result: faults.length > 0 ? 'FAILED' : 'ok',
    })),
  );
  for (const row of rows)
    for (const fault of row.faults) console.log(`${row.client} over ${row.upstream}, ${row.day}: ${fault}`);
  const failed = rows.filter((row) => row.faults.length > 0).length;
  console.log(`${rows.length - failed} passed, ${failed} failed`);
}
