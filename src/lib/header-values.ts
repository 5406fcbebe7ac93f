// What is read of an answer's headers, whoever keeps them.

export type HeaderValues = {
  /** By any spelling of the name; values of headers that stand several times are joined with `, `. */
  get(name: string): string | null;
};

export const NO_HEADER_VALUES: HeaderValues = { get: () => null };
