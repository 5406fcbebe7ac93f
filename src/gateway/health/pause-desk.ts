// What the operator may do with the kill switch, in the JSON that the admin routes and the commands speak.

import { Fault } from '../../canonical/fault.ts';
import { type ModelIndex, resolveModel } from '../../catalog/resolve.ts';
import { formatTime, nowMs } from '../../lib/clock.ts';
import type { JsonObject } from '../../lib/json.ts';
import { log } from '../../lib/log.ts';
import { nearestNames } from '../../lib/nearest.ts';
import type { Pause, PauseScope } from '../../store/pauses.ts';
import type { CallsUnderWay } from '../call.ts';
import { cutPaused, type Pauses } from './pauses.ts';

type PausePorts = { pauses: Pauses; models: ModelIndex; running: CallsUnderWay };

/** `by` says in the log who it was. Both throw Fault for a body that is wrong. */
export type PauseDesk = {
  show(): JsonObject;
  /** `provider` or `model` for one of them, else everything; `reason`; `now` cuts what is under way. */
  pause(body: JsonObject, by: string): JsonObject;
  /** `provider` or `model` for one of them, `all` for everything that is paused, else the pause of the server. */
  resume(body: JsonObject, by: string): JsonObject;
};

const REASON_CHARS_MAX = 200;

export function pauseDesk(ports: () => PausePorts): PauseDesk {
  return {
    show: () => pausesJson(ports().pauses),
    pause(body, by) {
      const { pauses, models, running } = ports();
      refuseOthers(body, ['provider', 'model', 'reason', 'now']);
      const pause = { ...targetOf(body, models), reason: reasonOf(body), sinceMs: nowMs() };
      const isNow = flagOf(body, 'now');
      pauses.begin(pause);
      const cut = isNow ? cutPaused(running, pause) : 0;
      const going = running.size - cut;
      log.warn('paused by the operator', { ...fieldsOf(pause), by, cut, going });
      return { ...pausesJson(pauses), cut, under_way: going };
    },
    resume(body, by) {
      const { pauses, models } = ports();
      refuseOthers(body, ['provider', 'model', 'all']);
      const target = flagOf(body, 'all') ? undefined : targetOf(body, models, pauses.all);
      const ended = pauses.end(
        ({ scope, name }) => !target || (scope === target.scope && name === target.name),
      );
      for (const pause of ended) log.warn('resumed by the operator', { ...fieldsOf(pause), by });
      return { ...pausesJson(pauses), resumed: ended.map(pauseJson) };
    },
  };
}

export function pausesJson(pauses: Pauses): JsonObject {
  return {
    object: 'list',
    paused: pauses.ofServer !== undefined,
    data: pauses.all.map(pauseJson),
  };
}

function pauseJson({ scope, name, reason, sinceMs }: Pause): JsonObject {
  return {
    scope,
    name: scope === 'server' ? null : name,
    reason: reason ?? null,
    since: formatTime(sinceMs),
  };
}

function fieldsOf({ scope, name, reason }: Pause): Record<string, string | undefined> {
  return { what: scope === 'server' ? 'all calls' : `${scope} ${name}`, reason };
}

type Target = { scope: PauseScope; name: string };

/** By any name a client may use. `known` are paused already, and may have left the configuration since. */
function targetOf(body: JsonObject, models: ModelIndex, known: readonly Pause[] = []): Target {
  const provider = wordOf(body, 'provider');
  const model = wordOf(body, 'model');
  if (provider !== undefined && model !== undefined)
    throw new Fault('invalid_value', 'Name a `provider` or a `model`, not both.', { param: 'model' });
  const isKnown = (scope: PauseScope, name: string) =>
    known.some((pause) => pause.scope === scope && pause.name === name);
  if (provider !== undefined) {
    const name = isKnown('provider', provider) ? provider : providerNamed(provider, models);
    return { scope: 'provider', name };
  }
  if (model !== undefined) {
    const name = isKnown('model', model) ? model : modelNamed(model, models);
    return { scope: 'model', name };
  }
  return { scope: 'server', name: '' };
}

function providerNamed(word: string, { providers }: ModelIndex): string {
  for (const { id, aliases } of providers.values()) if (id === word || aliases.includes(word)) return id;
  const near = nearestNames(word, providers.keys()).map((name) => `\`${name}\``);
  const hint = near.length === 0 ? 'The configuration lists them.' : `Did you mean ${near.join(' or ')}?`;
  throw new Fault('not_found', `No such provider is set up here. ${hint}`, { param: 'provider' });
}

function modelNamed(word: string, models: ModelIndex): string {
  const { model, pinned } = resolveModel(models, word);
  if (pinned === undefined) return model.id;
  const message = 'Name the model without its provider, or the whole provider with `provider`.';
  throw new Fault('invalid_value', message, { param: 'model' });
}

function reasonOf(body: JsonObject): string | undefined {
  const reason = wordOf(body, 'reason')?.trim();
  if (reason === undefined || reason === '') return undefined;
  if (reason.length <= REASON_CHARS_MAX && !/\p{Cc}/u.test(reason)) return reason;
  const message = `\`reason\` must be one line of at most ${REASON_CHARS_MAX} characters: clients are shown it.`;
  throw new Fault('invalid_value', message, { param: 'reason' });
}

function wordOf(body: JsonObject, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value.length > 0) return value;
  throw new Fault('invalid_value', `\`${name}\` must be a text that is not empty.`, { param: name });
}

function flagOf(body: JsonObject, name: string): boolean {
  const value = body[name] ?? false;
  if (typeof value === 'boolean') return value;
  throw new Fault('invalid_value', `\`${name}\` must be true or false.`, { param: name });
}

/** A slip of the pen must not become a pause of everything. */
function refuseOthers(body: JsonObject, members: readonly string[]): void {
  const other = Object.keys(body).find((name) => !members.includes(name));
  if (other === undefined) return;
  const known = members.map((name) => `\`${name}\``).join(', ');
  throw new Fault('invalid_value', `There is no such member here; these are: ${known}.`, {
    param: other.slice(0, 64),
  });
}
