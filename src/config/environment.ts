// The environment as a value: read here once, passed down to whoever needs it.

export type Environment = Readonly<Record<string, string | undefined>>;

/** A snapshot of the process environment. */
export function environment(): Environment {
  return Object.freeze({ ...process.env });
}

/** A proxy stands between us and the providers. */
export function isProxied(): boolean {
  const env = environment();
  return ['HTTPS_PROXY', 'HTTP_PROXY', 'https_proxy', 'http_proxy'].some((name) => Boolean(env[name]));
}
