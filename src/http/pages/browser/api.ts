// Asks this server, with the secret in a header and nowhere else.

/** `message` is the server's own; `status` 0 stands for a server that did not answer. */
export type Refusal = { ok: false; status: number; code: string; message: string; waitS: number };
export type Answer<Value> = { ok: true; value: Value } | Refusal;

export type Ask = <Value>(path: string, body?: object) => Promise<Answer<Value>>;

/** GET, or POST where there is a body. `Value` is what the API document promises of the address. */
export function asker(secret: () => string): Ask {
  return async <Value>(path: string, body?: object): Promise<Answer<Value>> => {
    const headers: Record<string, string> = { authorization: `Bearer ${secret()}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const init = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
    try {
      const response = await fetch(path, { ...init, cache: 'no-store', credentials: 'omit' });
      const value: unknown = await response.json();
      return response.ok ? { ok: true, value: value as Value } : refusalOf(response, value);
    } catch {
      return { ok: false, status: 0, code: 'unreachable', message: 'The server does not answer.', waitS: 5 };
    }
  };
}

function refusalOf(response: Response, value: unknown): Refusal {
  const { error } = value as { error?: { message?: unknown; code?: unknown } };
  return {
    ok: false,
    status: response.status,
    code: String(error?.code ?? ''),
    message: String(error?.message ?? `The server answered ${response.status}.`),
    waitS: Number(response.headers.get('retry-after') ?? 0),
  };
}
