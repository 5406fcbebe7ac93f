// What monitoring is told of the calls since the server started, counted as each of them is noted in the journal.

import { type Exposition, Histogram, type Labels } from '../lib/exposition.ts';
import { usd } from '../lib/money.ts';
import type { JournalRow } from './journal-port.ts';

const DURATION_BOUNDS_S = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const FIRST_BYTE_BOUNDS_S = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

type Counted = { readonly labels: Labels; calls: number };
type Spent = { readonly labels: Labels; calls: number; costNano: bigint };

/** One model at one provider. */
type Served = Spent & {
  uncachedInputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
  retries: number;
  /** Seconds, of answers that came whole at once and of streams. */
  whole: Histogram;
  streamed: Histogram;
  firstByte: Histogram;
};

/** Every label comes from the configuration, a closed list or the keys, so that no client can make new ones. */
export class CallCounts {
  readonly #outcomes = new Map<string, Counted>();
  readonly #served = new Map<string, Served>();
  readonly #keys = new Map<string, Spent>();

  add(row: JournalRow): void {
    const { keyId, costNano = 0n } = row;
    this.#outcome(row).calls += 1;
    if (keyId !== undefined) {
      const key = placeOf(this.#keys, keyId, () => ({ labels: { key: keyId }, calls: 0, costNano: 0n }));
      key.calls += 1;
      key.costNano += costNano;
    }
    const { model, provider } = row;
    if (model !== undefined && provider !== undefined) count(row, this.#servedBy(model, provider));
  }

  write(page: Exposition): void {
    const served = [...this.#served.values()];
    const of = (value: (each: Served) => number) => served.map((each) => [each.labels, value(each)] as const);
    const tokensOf = (kind: string, value: (each: Served) => number) =>
      served.map((each) => [{ ...each.labels, kind }, value(each)] as const);
    const outcomes = [...this.#outcomes.values()];
    page.add(
      'osiris_calls_total',
      'counter',
      'Calls that have ended, refused ones too; status 499: the client left.',
      outcomes.map(({ labels, calls }) => [labels, calls]),
    );
    page.add('osiris_tokens_total', 'counter', 'Tokens that calls used; input is what no cache had.', [
      ...tokensOf('input', (each) => each.uncachedInputTokens),
      ...tokensOf('cached_input', (each) => each.cachedInputTokens),
      ...tokensOf('output', (each) => each.outputTokens),
    ]);
    page.add(
      'osiris_cost_usd_total',
      'counter',
      'What was charged for calls, in USD.',
      of(({ costNano }) => usd(costNano)),
    );
    page.add(
      'osiris_retries_total',
      'counter',
      'Attempts beyond the first of a call, by where the last one went.',
      of(({ retries }) => retries),
    );
    page.addHistogram(
      'osiris_call_duration_seconds',
      'How long answered calls took until their last byte.',
      served.flatMap(({ labels, whole, streamed }) => [
        [{ ...labels, stream: 'false' }, whole] as const,
        [{ ...labels, stream: 'true' }, streamed] as const,
      ]),
    );
    page.addHistogram(
      'osiris_first_byte_seconds',
      'How long answered calls waited for the first byte of their answer.',
      served.map(({ labels, firstByte }) => [labels, firstByte]),
    );
    const keys = [...this.#keys.values()];
    page.add(
      'osiris_key_calls_total',
      'counter',
      'Calls by the key that made them.',
      keys.map(({ labels, calls }) => [labels, calls]),
    );
    page.add(
      'osiris_key_cost_usd_total',
      'counter',
      'What each key was charged for calls, in USD.',
      keys.map(({ labels, costNano }) => [labels, usd(costNano)]),
    );
  }

  #outcome({ format, model = '', provider = '', status, code = '' }: JournalRow): Counted {
    return placeOf(this.#outcomes, `${format} ${model} ${provider} ${status} ${code}`, () => ({
      labels: { format, model, provider, status: String(status), code },
      calls: 0,
    }));
  }

  #servedBy(model: string, provider: string): Served {
    return placeOf(this.#served, `${model} ${provider}`, () => ({
      labels: { model, provider },
      calls: 0,
      costNano: 0n,
      uncachedInputTokens: 0,
      cachedInputTokens: 0,
      outputTokens: 0,
      retries: 0,
      whole: new Histogram(DURATION_BOUNDS_S),
      streamed: new Histogram(DURATION_BOUNDS_S),
      firstByte: new Histogram(FIRST_BYTE_BOUNDS_S),
    }));
  }
}

function count(row: JournalRow, served: Served): void {
  const { inputTokens = 0, cachedTokens = 0, outputTokens = 0, costNano = 0n, firstByteMs } = row;
  served.calls += 1;
  served.costNano += costNano;
  served.uncachedInputTokens += inputTokens - cachedTokens;
  served.cachedInputTokens += cachedTokens;
  served.outputTokens += outputTokens;
  served.retries += Math.max(0, row.attempts - 1);
  if (row.status !== 200) return;
  (row.stream ? served.streamed : served.whole).observe(row.durationMs / 1000);
  if (firstByteMs !== undefined) served.firstByte.observe(firstByteMs / 1000);
}

function placeOf<T>(places: Map<string, T>, name: string, make: () => T): T {
  let place = places.get(name);
  if (place === undefined) {
    place = make();
    places.set(name, place);
  }
  return place;
}
