// The clients of the crash run: so many calls in flight, each of which notes how its answer ended.

import type { BodyFormat } from '../support/script.ts';
import { type CallPlan, planOf } from './plan.ts';
import type { ClientRecord, Outcome } from './records.ts';

/** A key as `keys create` showed it. */
export type ClientKey = { id: string; secret: string };

const PATHS: Record<BodyFormat, string> = {
  'openai-chat': '/v1/chat/completions',
  'anthropic-messages': '/v1/messages',
  'openai-responses': '/v1/responses',
};
/** The last thing of a complete stream. */
const LAST_WORDS: Record<BodyFormat, string> = {
  'openai-chat': 'data: [DONE]\n\n',
  'anthropic-messages': 'event: message_stop\n',
  'openai-responses': 'event: response.completed\n',
};
/** What is asked of a server that has just gone is not asked again at once. */
const BREATH_MS = 15;

/** Calls from `workers` workers, from `open` until `close`; numbers go on from one to the next. */
export class Load {
  readonly #url: string;
  readonly #keys: readonly ClientKey[];
  readonly #records: Map<number, ClientRecord>;
  #workers: Promise<void>[] = [];
  #isOpen = false;
  #next = 1;

  constructor(url: string, keys: readonly ClientKey[], records: Map<number, ClientRecord>) {
    this.#url = url;
    this.#keys = keys;
    this.#records = records;
  }

  open(workers: number): void {
    this.#isOpen = true;
    this.#workers = Array.from({ length: workers }, () => this.#work());
  }

  /** Resolves when no call is in flight any more. */
  async close(): Promise<void> {
    this.#isOpen = false;
    await Promise.all(this.#workers);
  }

  async #work(): Promise<void> {
    while (this.#isOpen) {
      const nonce = this.#next++;
      const plan = planOf(nonce, this.#keys.length);
      const key = this.#keys[plan.key];
      if (key === undefined) throw new Error('a plan names a key that is not there');
      const told = { nonce, key: key.id, model: plan.model, stream: plan.stream };
      const heard = await this.#call(nonce, plan, key);
      this.#records.set(nonce, { ...told, ...heard });
      if (heard.outcome === 'cut') await Bun.sleep(BREATH_MS);
    }
  }

  async #call(nonce: number, plan: CallPlan, key: ClientKey): Promise<Heard> {
    const leave = new AbortController();
    const isLeaving = plan.fate === 'cancelled';
    const early =
      isLeaving && !plan.stream ? setTimeout(() => leave.abort(), plan.leavesAfter * 4) : undefined;
    let response: Response | undefined;
    const heard = (outcome: Outcome): Heard => ({
      requestId: response?.headers.get('x-request-id') ?? undefined,
      status: response?.status ?? 0,
      outcome,
    });
    try {
      response = await fetch(this.#url + PATHS[plan.format], {
        method: 'POST',
        // a connection of a server that was killed must not be tried again
        keepalive: false,
        headers: { authorization: `Bearer ${key.secret}`, 'content-type': 'application/json' },
        body: JSON.stringify(bodyOf(nonce, plan)),
        signal: leave.signal,
      });
      if (!plan.stream || !response.ok) {
        const body = await response.text();
        // throws when it is not all there
        JSON.parse(body);
        return heard(response.ok ? 'complete' : 'failed');
      }
      return heard(await this.#readStream(response, plan, leave));
    } catch {
      return heard(leave.signal.aborted ? 'cancelled' : 'cut');
    } finally {
      clearTimeout(early);
    }
  }

  async #readStream(response: Response, plan: CallPlan, leave: AbortController): Promise<Outcome> {
    const decoder = new TextDecoder();
    const framesMax = plan.fate === 'cancelled' ? plan.leavesAfter : Number.POSITIVE_INFINITY;
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.split('\n\n').length <= framesMax) continue;
      leave.abort();
      return 'cancelled';
    }
    const isWhole = text.includes(LAST_WORDS[plan.format]) && text.endsWith('\n\n');
    return isWhole ? 'complete' : 'failed';
  }
}

type Heard = Pick<ClientRecord, 'requestId' | 'status' | 'outcome'>;

function bodyOf(nonce: number, plan: CallPlan): Record<string, unknown> {
  const content = `nonce=${nonce}; say something`;
  const { model, stream } = plan;
  switch (plan.format) {
    case 'openai-chat':
      return {
        model,
        stream,
        messages: [{ role: 'user', content }],
        ...(stream && plan.asksForUsage ? { stream_options: { include_usage: true } } : {}),
      };
    case 'anthropic-messages':
      return { model, stream, max_tokens: 1_500, messages: [{ role: 'user', content }] };
    case 'openai-responses':
      return { model, stream, input: content };
    default:
      return plan.format satisfies never;
  }
}
