// Tries a provider without asking a model: whether it is there, is what it is taken for, and accepts our credentials.

import { Fault } from '../../canonical/fault.ts';
import { FORMATS } from '../../formats/index.ts';
import { Abort } from '../../lib/abort.ts';
import { after, monotonicMs, nowMs } from '../../lib/clock.ts';
import type { HeaderValues } from '../../lib/header-values.ts';
import { asNumber, asObject, asString, type JsonObject, tryParseJson } from '../../lib/json.ts';
import type { Provider } from '../../providers/provider.ts';
import { allBytes } from '../answer/reader.ts';
import { type AskPorts, getFrom, networkFault } from '../upstream.ts';

/** What became of one try: `warning` where it may work and could not be tried. */
export type Trial = {
  provider: string;
  state: 'ok' | 'warning' | 'failed';
  /** Ends a sentence that begins with the provider's name. */
  message: string;
  tookMs: number;
  /** How far the provider's clock is ahead of ours, as far as it told, in milliseconds. */
  aheadMs?: number;
};

type Answered = { status: number; models: number | undefined };
type Told = Pick<Trial, 'state' | 'message'>;

/** Every format here lists its models at this path, for free. */
const PATH = '/models';
const PATIENCE_MS = 10_000;

/** All of them at once, in the order of the configuration; the sandbox is always there. */
export async function tryProviders(
  providers: ReadonlyMap<string, Provider>,
  ports: AskPorts,
): Promise<Trial[]> {
  const asked = [...providers.values()].filter(({ builtIn }) => !builtIn);
  return (await Promise.all(asked.map((provider) => tryProvider(provider, ports)))).flat();
}

/** As `/admin/providers/test` shows it. */
export function trialJson({ provider, state, message, tookMs, aheadMs }: Trial): JsonObject {
  return { provider, state, message, took_ms: tookMs, clock_ahead_ms: aheadMs ?? null };
}

/** Back from that. */
export function trialOfJson({ provider, state, message, took_ms, clock_ahead_ms }: JsonObject): Trial {
  const aheadMs = asNumber(clock_ahead_ms);
  return {
    provider: asString(provider) ?? '',
    state: state === 'ok' || state === 'warning' ? state : 'failed',
    message: asString(message) ?? '',
    tookMs: asNumber(took_ms) ?? 0,
    ...(aheadMs === undefined ? {} : { aheadMs }),
  };
}

/** One of our credentials, and what to call it. */
type OurKey = { credential: string; name: string };

/** One trial for each credential, in their order; one alone where none is needed. */
async function tryProvider(provider: Provider, ports: AskPorts): Promise<Trial[]> {
  const { credentials } = provider;
  if (credentials.length === 0) return [await tryWith(undefined, false, provider, ports)];
  // a list that is open to everybody says nothing of a key
  const isOpen = await ask(undefined, provider, ports).then(
    ({ models }) => models !== undefined,
    () => false,
  );
  return Promise.all(
    credentials.map((credential, index) => {
      const name = credentials.length === 1 ? 'its key' : `key ${index + 1} of ${credentials.length}`;
      return tryWith({ credential, name }, isOpen, provider, ports);
    }),
  );
}

async function tryWith(
  key: OurKey | undefined,
  isOpen: boolean,
  provider: Provider,
  ports: AskPorts,
): Promise<Trial> {
  const begunMs = monotonicMs();
  const trial = (told: Told): Trial => ({
    provider: provider.id,
    ...told,
    tookMs: Math.round(monotonicMs() - begunMs),
  });
  try {
    const { status, models, aheadMs } = await ask(key?.credential, provider, ports);
    const told = models === undefined ? unlisted(status, key) : listed(models, isOpen, key);
    return { ...trial(told), ...(aheadMs === undefined ? {} : { aheadMs }) };
  } catch (thrown) {
    const { message } = thrown instanceof Fault ? thrown : networkFault(provider, thrown);
    // its sentences begin with the name, which stands beside them here
    return trial({ state: 'failed', message: message.replace(`Provider ${provider.id} `, '') });
  }
}

async function ask(
  credential: string | undefined,
  provider: Provider,
  ports: AskPorts,
): Promise<Answered & { aheadMs: number | undefined }> {
  const abort = new Abort();
  const stop = after(PATIENCE_MS, () =>
    abort.abort(
      new Fault('upstream_timeout', `Provider ${provider.id} said nothing for ${PATIENCE_MS / 1000} s.`),
    ),
  );
  const [format] = provider.formats;
  try {
    const question = { path: PATH, credential, headers: format && FORMATS[format].headers, abort };
    const { status, headers, body } = await getFrom(provider, question, ports);
    const aheadMs = aheadOf(headers);
    const bytes = await allBytes(body);
    return { status, models: status === 200 ? countModels(bytes) : undefined, aheadMs };
  } catch (thrown) {
    throw abort.aborted ? abort.reason : thrown;
  } finally {
    stop();
  }
}

/** Undefined for what is no list of models. */
function countModels(bytes: Buffer): number | undefined {
  const { data, models } = asObject(tryParseJson(bytes.toString()));
  const list = data ?? models;
  return Array.isArray(list) ? list.length : undefined;
}

/** Whole seconds are all that a date tells. */
function aheadOf(headers: HeaderValues): number | undefined {
  const date = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(date) ? undefined : date - nowMs();
}

function listed(models: number, isOpen: boolean, key: OurKey | undefined): Told {
  if (key && isOpen)
    return {
      state: 'warning',
      message: `is there; it lists its models to everybody, so ${key.name} was not tried`,
    };
  const is = key ? `accepts ${key.name}` : 'is there';
  return { state: 'ok', message: `${is} and lists ${models === 1 ? '1 model' : `${models} models`}` };
}

function unlisted(status: number, key: OurKey | undefined): Told {
  if (status === 401 || status === 403) {
    const refused = key ? `refuses ${key.name}` : 'wants a key, and has none here';
    return { state: 'failed', message: `${refused} (${status})` };
  }
  if (status === 402)
    return {
      state: 'warning',
      message: `${key ? `accepts ${key.name}, but ` : ''}has no money for us (402)`,
    };
  if (status === 429)
    return {
      state: 'warning',
      message: `is asked too often for now (429)${key ? `; ${key.name} was not refused` : ''}`,
    };
  if (status >= 500) return { state: 'failed', message: `is there, but does not answer (${status})` };
  if (status === 200)
    return {
      state: 'failed',
      message: 'answers with something else than a list of models: is its base_url right?',
    };
  if (status >= 300 && status < 400)
    return { state: 'failed', message: `sends its callers elsewhere (${status}): is its base_url right?` };
  const hint = status === 404 ? '; if calls fail too, look at the end of its base_url (mostly /v1)' : '';
  return {
    state: 'warning',
    message: `is there, but lists no models (${status})${key ? `, so ${key.name} was not tried` : ''}${hint}`,
  };
}
