// One call to a priced model, and everything that tells what it cost: the answer, its header, the ledger, the balance.

import { asNumber, asObject, type JsonObject } from '../../src/lib/json.ts';
import { bodyOf, PATHS } from './asking.ts';
import type { Gateway } from './gateway.ts';
import { rowsIn, TOLD } from './ledger.ts';
import { WIRE_FORMATS, type WireFormat } from './script.ts';

export const CLIENTS = WIRE_FORMATS;

export type Billed = {
  status: number;
  text: string;
  /** The cost members of the answer's last usage, nanodollars; undefined where it shows none. */
  shown: Record<'total' | 'request' | 'input' | 'cached_input' | 'output', bigint> | undefined;
  /** `X-Osiris-Cost-USD` in nanodollars. */
  header: bigint | undefined;
  /** The ledger's row of the call. */
  row: JsonObject;
  /** The price that row names. */
  price: JsonObject;
  /** How much less the key has. */
  paid: bigint;
};

export type Bill = {
  model: string;
  stream: boolean;
  key?: string;
  body?: object;
  headers?: Record<string, string>;
};

/** Sends the question in the format of `client`; a Chat client asks for the usage of its streams. */
export function send(
  gateway: Gateway,
  client: WireFormat,
  bill: Bill & { signal?: AbortSignal },
): Promise<Response> {
  const { model, stream, key = gateway.key, body = {}, headers = {}, signal } = bill;
  const google = client === 'google-generate-content';
  const operation = stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
  const path = google ? `/v1beta/models/${model}:${operation}` : PATHS[client];
  const question = google
    ? { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] }
    : bodyOf(client, model, 'Hello', stream);
  const usage = client === 'openai-chat' && stream ? { stream_options: { include_usage: true } } : {};
  return fetch(gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ ...question, ...usage, ...body }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Asks, reads the whole answer and looks everywhere. */
export async function billed(gateway: Gateway, client: WireFormat, bill: Bill): Promise<Billed> {
  const before = await balanceOf(gateway, bill.key);
  const response = await send(gateway, client, bill);
  const text = await response.text();
  const header = response.headers.get('x-osiris-cost-usd');
  const row = lastCharge(gateway);
  return {
    status: response.status,
    text,
    shown: shownIn(text, bill.stream),
    header: header === null ? undefined : nanoOf(Number(header)),
    row,
    price: priceOf(gateway, row),
    paid: before - (await balanceOf(gateway, bill.key)),
  };
}

export function nanoOf(usd: number): bigint {
  return BigInt(Math.round(usd * 1e9));
}

/** What the key's holder is told, in nanodollars. */
export async function balanceOf({ url, key: own }: Gateway, key = own): Promise<bigint> {
  const response = await fetch(`${url}/v1/key`, { headers: { authorization: `Bearer ${key}` } });
  return nanoOf(asNumber(asObject(await response.json()).balance_usd) ?? Number.NaN);
}

export function lastCharge(gateway: Gateway): JsonObject {
  const sql = `SELECT *, ${TOLD} FROM entries WHERE kind = 'charge' ORDER BY id DESC LIMIT 1`;
  return rowsIn<JsonObject>(`${gateway.directory}/state`, sql)[0] ?? {};
}

/** The price a row names, with its model and its version. */
export function priceOf(gateway: Gateway, row: JsonObject): JsonObject {
  const sql = `SELECT id, model, price FROM prices WHERE id = ${String(row.price ?? -1)}`;
  const [found] = rowsIn<{ id: bigint; model: string; price: string }>(`${gateway.directory}/state`, sql);
  return found ? { ...asObject(JSON.parse(found.price)), model: found.model, version: Number(found.id) } : {};
}

/** The cost members of a text's last usage, which is a stream's final one. */
export function shownIn(text: string, stream: boolean): Billed['shown'] {
  const bodies = stream
    ? text.split('\n').flatMap((line) => (line.startsWith('data: {') ? [line.slice(6)] : []))
    : [text];
  const usages = bodies.flatMap((body) => {
    const value = asObject(JSON.parse(body));
    return [value.usage, asObject(value.response).usage, value.usageMetadata].filter(
      (usage) => typeof usage === 'object' && usage !== null,
    );
  });
  const usage = asObject(usages.at(-1));
  if (usage.cost_usd_total === undefined) return undefined;
  const of = (name: string) => nanoOf(asNumber(usage[`cost_usd_${name}`]) ?? Number.NaN);
  return {
    ...{ total: of('total'), request: of('request'), input: of('input') },
    ...{ cached_input: of('cached_input'), output: of('output') },
  };
}
