// The environment as a value: read here once, passed down to whoever needs it.

export type Environment = Readonly<Record<string, string | undefined>>;

/** A snapshot of the process environment. */
export function environment(): Environment {
  return Object.freeze({ ...process.env });
}
