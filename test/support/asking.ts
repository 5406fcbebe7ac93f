// The smallest request of each format, and how to send it without any client library.

import type { Gateway } from './gateway.ts';
import type { BodyFormat } from './script.ts';

export const PATHS: Record<BodyFormat, string> = {
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  'anthropic-messages': '/v1/messages',
};
export const FORMATS = Object.keys(PATHS) as BodyFormat[];

export type Asking = {
  model: string;
  stream?: boolean;
  text?: string;
  key?: string;
  path?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
};

/** Sends one question in the given format. */
export function ask(
  { url, key: own }: Pick<Gateway, 'url' | 'key'>,
  format: BodyFormat,
  asking: Asking,
): Promise<Response> {
  const { model, stream = false, text = 'Hello', key = own, path = PATHS[format], headers, signal } = asking;
  return fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(bodyOf(format, model, text, stream)),
    ...(signal === undefined ? {} : { signal }),
  });
}

export function bodyOf(format: BodyFormat, model: string, text: string, stream: boolean): object {
  const messages = [{ role: 'user', content: text }];
  switch (format) {
    case 'openai-chat':
      return { model, messages, stream };
    case 'openai-responses':
      return { model, input: text, stream };
    case 'anthropic-messages':
      return { model, max_tokens: 1000, messages, stream };
    default:
      return format satisfies never;
  }
}

/** Makes a key on the running gateway; `flags` as for `osiris keys create`. Returns its secret and id. */
export async function makeKey(gateway: Gateway, ...flags: string[]): Promise<{ key: string; id: string }> {
  const made = await gateway.command(['keys', 'create', '--name', 'x', '--json', ...flags]);
  if (made.code !== 0) throw new Error(made.stdout + made.stderr);
  return JSON.parse(made.stdout) as { key: string; id: string };
}

/** The error of a response, with its status. */
export async function errorOf(
  response: Response,
): Promise<{ status: number; type: string; code: string; message: string }> {
  const { error } = (await response.json()) as { error: { type: string; code: string; message: string } };
  return { status: response.status, type: error.type, code: error.code, message: error.message };
}
