// The page at `/setup`: fills what a client needs with this server's address and a key, and waits for its first request.

import type { Client, ModelFacts, Os } from '../../../clients/client.ts';
import { chooseModels, isKey, NO_KEY, originOf } from '../../../clients/fill.ts';
import { CLIENTS, findClient } from '../../../clients/index.ts';
import { offeredIn } from '../../../clients/offered.ts';
import type { JsonObject } from '../../../lib/json.ts';
import { asker, type Refusal } from './api.ts';
import { type KeyCall, type KeyCallsAnswer, mergeCalls } from './arrival.ts';
import { byId, choice, el, fill, inputById } from './dom.ts';
import { keepSecret, keptSecret } from './gate.ts';
import type { KeyAnswer } from './key-shapes.ts';
import { troubleOf } from './key-standing.ts';
import { showArrival } from './setup-arrival.ts';
import { showRecipe } from './setup-recipe.ts';
import { plural } from './words.ts';

const LOOK_EVERY_MS = 1500;
const LOST_WAIT_MS = 5000;
/** The same as that of the page at `/key`. */
const SLOT = 'osiris-key';

let key = '';
let offered: ModelFacts[] | undefined;
/** The model somebody chose, as far as there is one. */
let picked: string | undefined;
let calls: KeyCall[] | undefined;
let sinceMs = Date.now();
let position: number | undefined;
let nextLookMs = 0;
let isLooking = false;

const ask = asker(() => key);
const secret = inputById('secret');
const keep = inputById('keep');
const models = byId('model') as HTMLSelectElement;
const addresses = byId('address') as HTMLSelectElement;
const os = choice('os', show);
const program = choice('clients', (id) => {
  history.replaceState(null, '', `#${id}`);
  sinceMs = Date.now();
  show();
});

chooseAtStart();
listAddresses();
addresses.addEventListener('change', show);
models.addEventListener('change', () => {
  picked = models.value;
  show();
});
secret.addEventListener('input', () => void take(secret.value.trim()));
byId('key-form').addEventListener('submit', (event) => event.preventDefault());
keep.addEventListener('change', () => keepSecret(SLOT, keep.checked && key !== '' ? key : undefined));
window.addEventListener('hashchange', () => {
  chooseAtStart();
  show();
});
setInterval(() => void look(), 250);
show();
const kept = keptSecret(SLOT);
if (kept === undefined) secret.focus();
else {
  keep.checked = true;
  secret.value = kept;
  void take(kept);
}

/** The program that the address names, and the system the browser runs on. */
function chooseAtStart(): void {
  const client = findClient(location.hash.slice(1)) ?? CLIENTS[0];
  check('clients', client?.id ?? '');
  if (os() === '') check('os', systemOf(navigator.userAgent));
}

function check(group: string, value: string): void {
  const input = byId(group).querySelector<HTMLInputElement>(`input[value="${value}"]`);
  if (input) input.checked = true;
}

function systemOf(userAgent: string): Os {
  if (/Windows/.test(userAgent)) return 'windows';
  return /Mac OS|Macintosh|iPhone|iPad/.test(userAgent) ? 'macos' : 'linux';
}

/** The one the operator gave, then the one this page was opened at. */
function listAddresses(): void {
  const given = byId('setup').dataset.address ?? '';
  const own = originOf(location.origin) ?? location.origin;
  const all = [...new Set([given, own])].filter((address) => address !== '');
  fill(addresses, ...all.map((address) => el('option', { value: address }, address)));
  byId('address-field').hidden = all.length < 2;
}

/** Takes what stands in the field, as far as it is a key that this server knows. */
async function take(text: string): Promise<void> {
  key = '';
  offered = calls = position = undefined;
  if (!isKey(text)) {
    say(text === '' ? '' : formOf(text), text === '' ? 'note' : 'wrong');
    show();
    return;
  }
  key = text;
  say('Looking …', 'note');
  const [holder, list] = await Promise.all([ask<KeyAnswer>('/v1/key'), ask<JsonObject>('/v1/models')]);
  if (key !== text) return;
  if (!holder.ok) return refuse(holder);
  const known = list.ok ? offeredIn(list.value) : [];
  offered = known.length > 0 ? known : undefined;
  sayWhose(holder.value, known.length);
  calls = [];
  sinceMs = Date.now();
  nextLookMs = 0;
  keepSecret(SLOT, keep.checked ? key : undefined);
  show();
}

function formOf(text: string): string {
  if (text.startsWith('osiris-admin-'))
    return 'This is the admin secret. Make a key at /admin, or with osiris keys create.';
  return 'A key is sk-osiris- and 32 characters of 0-9 and a-f.';
}

/** A key that does not open is not written into anything. */
function refuse({ status, message }: Refusal): void {
  if (status === 401) keepSecret(SLOT, undefined);
  key = '';
  offered = calls = position = undefined;
  say(message, 'wrong');
  show();
}

function sayWhose(holder: KeyAnswer, modelCount: number): void {
  if (modelCount === 0) say('This key cannot use any model yet.', 'wrong');
  else say(`Key “${holder.name}”: ${plural(modelCount, 'model')} to choose from.`, 'good');
  byId('key-trouble').textContent = troubleOf(holder) ?? '';
}

function say(text: string, kind: 'note' | 'wrong' | 'good'): void {
  const node = byId('key-note');
  node.className = kind;
  node.textContent = text;
  byId('key-trouble').textContent = '';
  secret.setAttribute('aria-invalid', String(kind === 'wrong' && key === ''));
}

function show(): void {
  const client = currentClient();
  const chosen = chosenModels(client);
  listModels(client, chosen[0].id);
  const origin = addresses.value;
  const system = os();
  showRecipe(
    client,
    { origin, key: key === '' || calls === undefined ? NO_KEY : key, model: chosen[0], models: chosen },
    system === 'windows' || system === 'macos' ? system : 'linux',
  );
  showSignal();
}

function showSignal(): void {
  showArrival({ client: currentClient(), calls, origin: addresses.value, sinceMs });
}

function currentClient(): Client {
  const client = findClient(program()) ?? CLIENTS[0];
  if (client === undefined) throw new Error('there are no clients');
  return client;
}

function chosenModels(client: Client): [ModelFacts, ...ModelFacts[]] {
  const known = offered ?? client.prefers;
  return chooseModels(
    client,
    offered,
    known.some(({ id }) => id === picked) && picked !== undefined ? [picked] : [],
  );
}

function listModels(client: Client, chosen: string): void {
  const all = offered ?? client.prefers;
  fill(models, ...all.map(({ id }) => el('option', { value: id, selected: id === chosen }, id)));
  models.value = chosen;
}

/** Asks for the last calls of the key, again and again while somebody looks. */
async function look(): Promise<void> {
  if (calls === undefined || isLooking || document.hidden || Date.now() < nextLookMs) return;
  isLooking = true;
  const asked = key;
  const answer = await ask<KeyCallsAnswer>(
    `/v1/key/calls${position === undefined ? '' : `?after=${position}`}`,
  );
  isLooking = false;
  if (asked !== key) return;
  nextLookMs = Date.now() + LOOK_EVERY_MS;
  if (answer.ok) {
    position = answer.value.position;
    calls = mergeCalls(calls ?? [], answer.value.data);
    fill(byId('signal-lost'));
    showSignal();
    return;
  }
  if (answer.status === 401) return refuse(answer);
  nextLookMs = Date.now() + Math.max(LOST_WAIT_MS, answer.waitS * 1000);
  fill(byId('signal-lost'), el('p', { class: 'wrong' }, answer.message));
}
