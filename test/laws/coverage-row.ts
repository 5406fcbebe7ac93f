// How a row of the mapping tables is written: `1.7 tool_choice=none`.

/** One row for each thing that stands in a body, with or without a value; numbers of list items are left out. */
export function rows(section: string, ...traits: string[]): string[] {
  return traits.map((trait) => `${section} ${trait}`);
}
