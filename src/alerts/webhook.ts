// Posts to the receivers of alerts: the only place that does.

import type { WebhookConfig } from '../config/config.ts';
import { after } from '../lib/clock.ts';
import { redact } from '../lib/log.ts';

/** What a receiver answered; `status` is undefined when nothing came, and `answer` says why not. */
export type Posted = { status: number | undefined; answer: string; retryAfterS: number | undefined };

/** Never throws. */
export type Post = (
  hook: WebhookConfig,
  body: string,
  headers: Record<string, string>,
  signal: AbortSignal,
) => Promise<Posted>;

const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 4096;
const ANSWER_CHARS_MAX = 200;

export const postToWebhook: Post = async (hook, body, headers, signal) => {
  const abort = new AbortController();
  const stop = () => abort.abort();
  const cancel = after(TIMEOUT_MS, stop);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const response = await fetch(hook.url, {
      method: 'POST',
      headers,
      body,
      // an address that sends elsewhere is not the one that was configured
      redirect: 'manual',
      signal: abort.signal,
    });
    const text = await readBeginning(response);
    return { status: response.status, answer: shown(text, hook), retryAfterS: retryAfterS(response.headers) };
  } catch (thrown) {
    const why = abort.signal.aborted ? 'did not answer in time' : whyUnreachable(thrown);
    return { status: undefined, answer: why, retryAfterS: undefined };
  } finally {
    cancel();
    signal.removeEventListener('abort', stop);
  }
};

async function readBeginning(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body ?? []) {
    pieces.push(piece);
    size += piece.length;
    if (size >= ANSWER_BYTES_MAX) break;
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** Receivers repeat what they were sent; the address itself is a secret. */
function shown(text: string, { url, secret, headers }: WebhookConfig): string {
  const { pathname, search } = new URL(url);
  const hidden = [url, pathname, search, secret ?? '', ...Object.values(headers)];
  let out = text;
  for (const each of hidden) if (each.length > 1) out = out.replaceAll(each, '…');
  return redact(out.replace(/[\p{Cc}\s]+/gu, ' ').trim()).slice(0, ANSWER_CHARS_MAX);
}

/** The words of a failed fetch hold the address; its code does not. */
function whyUnreachable(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  return code === '' ? 'could not be reached' : `could not be reached (${code})`;
}

function retryAfterS(headers: Headers): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}
