// The clients of the fault run: Chat and Messages, streaming and plain, each answer checked to its end.

import { SAID } from './provider.ts';

export type Reply = {
  /** Whole and well ended. */
  isGood: boolean;
  status: number;
  provider: string;
  attempts: number;
  ms: number;
  /** What came instead, shortened. */
  text: string;
};

/** The n-th call: every second one streams unless it is told, and they take turns between the formats. */
export async function callModel(
  url: string,
  key: string,
  model: string,
  n: number,
  stream = n % 2 === 0,
): Promise<Reply> {
  const messages = n % 4 < 2;
  const path = messages ? '/v1/messages' : '/v1/chat/completions';
  const body = { model, stream, max_tokens: 100, messages: [{ role: 'user', content: 'How are you?' }] };
  const begun = performance.now();
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const ms = performance.now() - begun;
  const end = messages ? 'event: message_stop' : 'data: [DONE]';
  const isGood = response.status === 200 && text.includes(SAID) && (!stream || text.includes(end));
  return {
    isGood,
    status: response.status,
    provider: response.headers.get('x-osiris-provider') ?? '',
    attempts: Number(response.headers.get('x-osiris-attempts') ?? 0),
    ms,
    text: text.slice(0, 300),
  };
}

/** So many calls, a few at a time; the replies in the order of the calls. */
export async function callMany(
  count: number,
  atOnce: number,
  call: (n: number) => Promise<Reply>,
): Promise<Reply[]> {
  const replies: Reply[] = [];
  let next = 0;
  const work = async () => {
    while (next < count) {
      const n = next++;
      replies[n] = await call(n);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return replies;
}

/** Calls at a steady pace for so long, whatever becomes of the ones before. */
export async function callPaced(
  perSecond: number,
  seconds: number,
  call: (n: number) => Promise<Reply>,
): Promise<Reply[]> {
  const pending: Promise<Reply>[] = [];
  const begun = performance.now();
  for (let n = 0; n < perSecond * seconds; n++) {
    const due = begun + (n * 1000) / perSecond - performance.now();
    if (due > 0) await Bun.sleep(due);
    pending.push(call(n));
  }
  return Promise.all(pending);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
