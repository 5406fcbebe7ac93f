// Plays a scenario between a client and a provider of any two formats and tells what of it did not arrive.

import type { Target } from '../client.ts';
import type { WireFormat } from '../script.ts';
import type { Json } from '../strict.ts';
import type { Upstream } from '../upstream.ts';
import type { Dialect } from './dialect.ts';
import { CHAT } from './dialect-chat.ts';
import { GOOGLE } from './dialect-google.ts';
import { MESSAGES } from './dialect-messages.ts';
import { RESPONSES } from './dialect-responses.ts';
import { type Failure, limitsOf, REFUSED, type Scenario, type Seen } from './scenario.ts';

const DIALECTS: Record<WireFormat, Dialect> = {
  'openai-chat': CHAT,
  'openai-responses': RESPONSES,
  'anthropic-messages': MESSAGES,
  'google-generate-content': GOOGLE,
};

export type Cell = { scenario: Scenario; client: WireFormat; upstream: WireFormat; stream: boolean };

/** The meanings that did not arrive, and what `X-Osiris-Losses` said of the requests. */
export type Verdict = { lost: string[]; losses: string[] };

/** Throws where the provider found a request wrong, or where a conversation fails that should not. */
export async function play(
  { scenario, client, upstream, stream }: Cell,
  provider: Upstream,
  target: Target,
): Promise<Verdict> {
  provider.play(scenario.turns);
  const dialect = DIALECTS[client];
  const losses: string[] = [];
  const replies: Seen['replies'] = [];
  let failure: Failure | undefined;
  let body = dialect.ask(scenario.ask, target.model, stream);
  for (const _turn of scenario.turns) {
    const heard = await send(dialect, target, body, stream);
    if (heard.losses !== '') losses.push(heard.losses);
    if ('failure' in heard) {
      failure = heard.failure;
      break;
    }
    const reply = dialect.read(heard.answer);
    replies.push(reply);
    body = dialect.goOn(body, heard.answer, scenario.results?.(reply) ?? [], scenario.ask.next);
  }
  const isRefused = limitsOf(scenario, client, upstream).some(({ lost }) => lost === REFUSED);
  if (failure?.status === 400 && isRefused) return { lost: [REFUSED], losses };
  const breaches = provider.breaches();
  if (breaches.length > 0) throw new Error(`the provider refused: ${breaches.join('; ')}`);
  const bodies = provider.turnsTaken().map((turn) => turn.body);
  const heard = bodies.map((one) => DIALECTS[upstream].hear(one));
  const seen: Seen = {
    client,
    upstream,
    stream,
    heard,
    bodies: bodies.map((one) => JSON.stringify(one)),
    replies,
    failure,
  };
  const isMeantToFail = scenario.turns.some(
    ({ error, halfway }) => error !== undefined || halfway !== undefined,
  );
  if (failure !== undefined && !isMeantToFail) throw new Error(`${failure.status}: ${failure.message}`);
  const lost = Object.entries(scenario.holds).flatMap(([name, holds]) => (holds(seen) ? [] : [name]));
  return { lost, losses };
}

type Answered = { losses: string } & ({ answer: Json } | { failure: Failure });

async function send(dialect: Dialect, target: Target, body: Json, stream: boolean): Promise<Answered> {
  const response = await fetch(`${target.origin}${dialect.path(target.model, stream)}`, {
    method: 'POST',
    headers: {
      'x-api-key': target.key,
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
    },
    body: JSON.stringify(body),
  });
  const losses = response.headers.get('x-osiris-losses') ?? '';
  const raw = await response.text();
  const { status } = response;
  const events = isStream(response) ? eventsOf(raw) : [JSON.parse(raw) as Json];
  const message = events.map((event) => dialect.failure(event)).find((said) => said !== undefined);
  if (message !== undefined) return { losses, failure: { status, message, finished: FINISHED.test(raw) } };
  const [whole = {}] = events;
  return { losses, answer: isStream(response) ? dialect.fold(events) : whole };
}

/** What only a complete answer has. */
const FINISHED =
  /\[DONE\]|message_stop|response\.(completed|incomplete)|"(finish_reason|stop_reason|finishReason)":"/;

function isStream(response: Response): boolean {
  return response.headers.get('content-type')?.startsWith('text/event-stream') === true;
}

function eventsOf(raw: string): Json[] {
  return raw
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data: ') && line !== 'data: [DONE]')
    .map((line) => JSON.parse(line.slice('data: '.length)) as Json);
}
