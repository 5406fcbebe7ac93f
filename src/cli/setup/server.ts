// The server as `osiris setup` asks it: whether it is there, knows the key, and which models the key may use.

import type { ModelFacts } from '../../clients/client.ts';
import { offeredIn } from '../../clients/offered.ts';
import { asObject, asString, isObject, type JsonObject, tryParseJson } from '../../lib/json.ts';
import { Failure } from '../failure.ts';

const ANSWER_TIMEOUT_MS = 15_000;
const SHOWN_MODELS = 8;

/** The models of this key, as the server lists them. Throws a Failure that says what is wrong and what to do. */
export async function askModels(origin: string, key: string): Promise<ModelFacts[]> {
  const { status, body } = await ask(`${origin}/v1/models`, key);
  const error = asObject(body?.error);
  if (status === 401)
    throw new Failure(
      `${origin} does not know this key: ${asString(error.message) ?? 'it answered 401'}\nosiris keys list shows the keys; osiris keys create makes one.`,
      1,
      'invalid_api_key',
    );
  if (status !== 200 || !Array.isArray(body?.data))
    throw new Failure(
      `${origin} answers, but not as Osiris does (GET /v1/models: ${asString(error.message) ?? `status ${status}`}).\nGive the address of the server: --url http://127.0.0.1:8080`,
      1,
      'not_osiris',
    );
  return offeredIn(body);
}

/** Throws a Failure when this key cannot use the model by that name, which may be an alias. */
export async function requireModel(
  origin: string,
  key: string,
  id: string,
  offered: readonly ModelFacts[],
): Promise<void> {
  if (offered.some((facts) => facts.id === id)) return;
  const { status } = await ask(`${origin}/v1/models/${encodeURIComponent(id)}`, key);
  if (status === 200) return;
  const names = offered.slice(0, SHOWN_MODELS).map((facts) => facts.id);
  const more = offered.length > names.length ? `, and ${offered.length - names.length} more` : '';
  throw new Failure(
    `This key cannot use the model ${id}. It can use: ${names.join(', ') || 'none'}${more}.\nChoose one: --model NAME`,
    1,
    status === 403 ? 'model_not_allowed' : 'model_not_found',
  );
}

async function ask(url: string, key: string): Promise<{ status: number; body: JsonObject | undefined }> {
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    const body = tryParseJson(await response.text());
    return { status: response.status, body: isObject(body) ? body : undefined };
  } catch {
    throw new Failure(
      `No server answers at ${new URL(url).origin}.\nStart it with osiris serve, or give its address: --url URL`,
      1,
      'unreachable',
    );
  }
}
