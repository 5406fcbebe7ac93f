// Shows whether the client that is being set up has called, how that went, and the last calls of the key.

import type { Client } from '../../../clients/client.ts';
import { CLIENTS } from '../../../clients/index.ts';
import { type Arrival, arrivalOf, isFailed, type KeyCall } from './arrival.ts';
import { byId, type Child, el, fill, table } from './dom.ts';
import { statusMark } from './key-usage.ts';
import { count, fromNow, moment, money, tookOf } from './words.ts';

export type Waiting = {
  client: Client;
  /** Undefined where there is no key yet. */
  calls: readonly KeyCall[] | undefined;
  origin: string;
  /** Since when. */
  sinceMs: number;
};

/** After so long without a call it is time to look for reasons. */
const PATIENCE_MS = 30_000;
const CALLS_SHOWN = 8;

export function showArrival({ client, calls, origin, sinceMs }: Waiting): void {
  const signal = byId('signal');
  const [kind, head, ...rest] =
    calls === undefined
      ? (['idle', `Waiting for your key, then for the first request of ${client.name}.`] as const)
      : wordsOf(arrivalOf(calls, client.calledAs, Date.now()), client, origin, Date.now() - sinceMs);
  const text = [head, ...rest].map((child) => (typeof child === 'string' ? child : '')).join('\n');
  // What has not changed is not read out again
  if (signal.dataset.text !== `${kind}${text}`) {
    signal.dataset.text = `${kind}${text}`;
    signal.className = `signal ${kind}`;
    fill(byId('signal-head'), head);
    fill(byId('signal-rest'), ...rest.map((child) => child !== undefined && el('p', {}, child)));
  }
  showCalls(calls ?? []);
}

type Words = [kind: string, head: string, ...rest: Child[]];

function wordsOf(arrival: Arrival, client: Client, origin: string, waitedMs: number): Words {
  const { state } = arrival;
  if (state === 'waiting') {
    const head = `Waiting for the first request of ${client.name} …`;
    const other = arrival.other && `The last one with this key came from ${programOf(arrival.other)}.`;
    if (waitedMs < PATIENCE_MS)
      return ['waiting', head, 'Put the above in place, start it, and say hello.', other];
    const advice = `Nothing yet? Restart ${client.name}, see that it has this very key, and that ${origin} can be reached from where it runs.`;
    return ['waiting', head, advice, other];
  }
  const { call } = arrival;
  const who = callerOf(call, client);
  const received = `Received${agoOf(call)}`;
  switch (state) {
    case 'running':
      return ['running', `Received: ${who} asks ${call.model ?? 'a model'} …`];
    case 'left':
      return ['failed', `${received}, but ${who} left before the answer was complete.`];
    case 'failed':
      return [
        'failed',
        `${received} from ${who}, but it failed: ${call.status} ${call.code ?? ''}`.trim(),
        call.message ?? '',
        'Mend that and try again; this page goes on waiting.',
      ];
    case 'answered': {
      const words: Words = ['answered', `${received}: ${who} works.`, answerOf(call)];
      const { failed } = arrival;
      if (failed)
        words.push(
          `Another of its requests failed, ${failed.status} ${failed.code ?? ''}: ${failed.message ?? ''}`,
        );
      return words;
    }
    default:
      return state satisfies never;
  }
}

/** Of what happened just now it need not be said. */
function agoOf(call: KeyCall): string {
  return Date.now() - Date.parse(call.at) < 2 * 60_000 ? '' : ` ${fromNow(call.at)}`;
}

/** `claude-opus-4-6 answered in 1.2 s: 1,234 tokens in, 56 out, $0.01`. */
function answerOf({
  model,
  stream,
  duration_ms: ms,
  input_tokens,
  output_tokens,
  cost_usd,
}: KeyCall): string {
  const took = ms === null ? '' : ` in ${tookOf(ms)}`;
  const tokens =
    input_tokens === null ? [] : [`${count(input_tokens)} tokens in`, `${count(output_tokens ?? 0)} out`];
  const cost = cost_usd === null ? [] : [cost_usd === 0 ? 'free' : money(cost_usd)];
  const facts = [...tokens, ...cost].join(', ');
  return `${model ?? 'It'} answered${stream ? ' with a stream' : ''}${took}${facts === '' ? '.' : `: ${facts}.`}`;
}

function showCalls(calls: readonly KeyCall[]): void {
  const card = byId('calls-card');
  card.hidden = calls.length === 0;
  const rows = calls
    .slice(0, CALLS_SHOWN)
    .map((call) => [
      el('time', { datetime: call.at, title: moment(call.at) }, fromNow(call.at)),
      el('div', { class: 'named' }, programOf(call), el('span', { class: 'quiet-text' }, call.model ?? '—')),
      outcomeOf(call),
      call.input_tokens === null ? '' : `${count(call.input_tokens)} / ${count(call.output_tokens ?? 0)}`,
      call.duration_ms === null ? '' : tookOf(call.duration_ms),
    ]);
  const heads: Parameters<typeof table>[1] = [
    ['When'],
    ['Program'],
    ['Outcome'],
    ['Tokens', 'number'],
    ['Took', 'number'],
  ];
  fill(byId('calls'), table('Last requests with this key', heads, rows, 'stacked'));
}

function outcomeOf(call: KeyCall): Child {
  const { status } = call;
  if (status === null) return el('span', { class: 'status' }, 'running');
  if (!isFailed(call)) return el('span', { class: status < 400 ? 'chip active' : 'status' }, String(status));
  return el(
    'div',
    { class: 'reason' },
    el('div', {}, statusMark(status), ' ', el('code', {}, call.code ?? '')),
    el('span', {}, call.message ?? ''),
  );
}

/** `Claude Code 2.1.197`; a client that goes by the name of its library is told with that name. */
function callerOf(call: KeyCall, client: Client): string {
  const isOwnName = client.calledAs === undefined || call.client === client.calledAs[0];
  if (!isOwnName) return `${client.name} (as ${programOf(call)})`;
  return [client.name, call.client_version ?? ''].join(' ').trim();
}

/** Which program it was, whatever is being set up. */
function programOf(call: KeyCall): string {
  if (call.client === null) return 'a program without a name';
  const known = CLIENTS.find(({ calledAs }) => calledAs?.[0] === call.client);
  return [known?.name ?? call.client, call.client_version ?? ''].join(' ').trim();
}
