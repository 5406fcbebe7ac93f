// What must hold of the answer to any request: no failure of ours, an error the caller can read, nothing given back.

import { FAULTS, type FaultCode } from '../../src/canonical/fault.ts';
import { FORMATS } from '../../src/formats/index.ts';
import { asArray, asObject, asString, type JsonValue, tryParseJson } from '../../src/lib/json.ts';
import { CANARY, type Draft, type World } from './http-request.ts';
import type { Exchange, RawResponse } from './http-wire.ts';

/** What is wrong with it, in words that are the same for all of a kind; undefined when nothing is. */
export function problemOf(
  exchange: Exchange,
  draft: Draft,
  world: Pick<World, 'keys' | 'adminSecret'>,
): string | undefined {
  if (exchange.kind === 'hung') return 'no answer';
  if (exchange.kind === 'closed') return mayBeCutOff(draft) ? undefined : 'closed without an answer';
  const { response } = exchange;
  if ([...world.keys, world.adminSecret].some((secret) => holds(response, secret)))
    return 'a secret came back';
  // HTTP itself was refused before it was a request to anybody
  if (draft.isRough && !response.headers.has('x-request-id')) return refusedByServer(response);
  return failureIn(response, draft) ?? labelIn(response) ?? errorIn(response, draft);
}

/** Who is answered before all of a body has been read may be cut off while still writing, and never see the answer. */
function mayBeCutOff({ isRough, chunks, body }: Draft): boolean {
  return isRough || chunks !== undefined || (body?.length ?? 0) > 16_000;
}

function holds({ headers, body }: RawResponse, text: string): boolean {
  return body.includes(text) || JSON.stringify([...headers]).includes(text);
}

function refusedByServer({ status, body }: RawResponse): string | undefined {
  const isRefusal = (status >= 400 && status < 500) || status === 501 || status === 505;
  if (!isRefusal) return `a bare ${status}`;
  return body === '' ? undefined : 'a bare refusal with a body';
}

function failureIn({ status }: RawResponse, { mayFail }: Draft): string | undefined {
  if (status === 500) return 'status 500';
  return status < 500 || mayFail ? undefined : `status ${status} without a provider that failed`;
}

function labelIn({ headers }: RawResponse): string | undefined {
  const label = headers.get('x-request-id');
  return label !== null && label === headers.get('request-id') ? undefined : 'no label';
}

function errorIn(response: RawResponse, draft: Draft): string | undefined {
  const { status, headers, body } = response;
  if (status < 400 || draft.method === 'HEAD') return undefined;
  if (JSON.stringify([...headers]).includes(CANARY)) return 'a value came back in a header';
  if (body.includes(CANARY) && !isName(draft)) return 'a value came back in an error';
  const value = tryParseJson(body);
  if (value === undefined) return `status ${status} with a body that is no JSON`;
  if ([429, 503, 529].includes(status) && !headers.has('retry-after'))
    return `status ${status} without retry-after`;
  const formats = draft.format === undefined ? Object.keys(FORMATS) : [draft.format];
  return formats.some((format) => isErrorOf(format, value, response))
    ? undefined
    : `status ${status} in a form that no client of ${draft.format ?? 'any format'} reads`;
}

/** Names of models and tools may come back, and an accident may have made one of a text. */
function isName({ body, path }: Draft): boolean {
  if (path.includes(CANARY)) return true;
  return /"(model|name|type)"\s*:\s*(\[\s*|\{[^{}]*)?"[^"]*cAnArY7f3a/.test(
    Buffer.from(body ?? []).toString(),
  );
}

function isErrorOf(format: string, value: JsonValue, { status, headers }: RawResponse): boolean {
  if (format === 'google-generate-content') {
    // the refusal of a stream without `alt=sse` stands in a list
    const { error } = asObject(Array.isArray(value) ? asArray(value)[0] : value);
    const { code, message, status: word } = asObject(error);
    return code === status && Boolean(message) && /^[A-Z_]+$/.test(String(word));
  }
  const { type, error, request_id } = asObject(value);
  const { type: word, message, details } = asObject(error);
  const code = asString(asObject(details).error_code) ?? '';
  if (!Object.hasOwn(FAULTS, code)) return false;
  const known = FORMATS[format as keyof typeof FORMATS]?.errorType(code as FaultCode);
  return type === 'error' && word === known && Boolean(message) && request_id === headers.get('x-request-id');
}
