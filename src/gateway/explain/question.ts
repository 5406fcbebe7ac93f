// Reads what is to be explained: a whole request, or a model and a prompt, in one of the client formats.

import { Fault } from '../../canonical/fault.ts';
import type { Address } from '../../formats/codec.ts';
import { ASKED, type AskedIn } from '../../formats/index.ts';
import { formatNamed, guessFormat } from '../../formats/spoken-of.ts';
import { asObject, asString, isObject, type JsonObject, tryParseJson } from '../../lib/json.ts';

export type Question = {
  format: AskedIn;
  /** Nobody said so: it is what the body looks like. */
  isGuessed: boolean;
  bytes: Uint8Array;
  headers: Headers;
  /** What the path would say, for formats whose bodies do not. */
  address: Address | undefined;
};

/**
 * The members: `request` (the body, as a value or as its JSON text) or `prompt`; `model`, which stands over that of the
 * body; `format` (an id or the path of a route); `stream`; `headers` of the client. Throws Fault `invalid_value` or
 * `missing_field`.
 */
export function readQuestion(asked: JsonObject): Question {
  const { request, prompt } = asked;
  if (request === undefined && typeof prompt !== 'string')
    throw new Fault('missing_field', 'Send the `request` to explain, or a `model` and a `prompt`.', {
      param: 'request',
    });
  const given = typeof request === 'string' ? tryParseJson(request) : request;
  const named = readFormat(asked.format);
  const format = named ?? guessFormat(asObject(given));
  const model = asString(asked.model);
  const stream = typeof asked.stream === 'boolean' ? asked.stream : undefined;
  const headers = readHeaders(asked.headers);
  const common = { format, isGuessed: named === undefined && request !== undefined, headers };
  if (request === undefined) {
    const body = ASKED[format].promptBody(String(prompt));
    return { ...common, ...addressed(format, body, model ?? '', stream) };
  }
  // what is no object is for the admission to refuse, in the words a client would read
  if (!isObject(given) || (model === undefined && stream === undefined && !takesPath(format)))
    return {
      ...common,
      bytes: bytesOf(request),
      address: takesPath(format) ? { model: model ?? '', stream: stream ?? false } : undefined,
    };
  return { ...common, ...addressed(format, given, model, stream) };
}

function addressed(
  format: AskedIn,
  body: JsonObject,
  model: string | undefined,
  stream: boolean | undefined,
): Pick<Question, 'bytes' | 'address'> {
  if (!takesPath(format)) {
    const members = {
      ...(model === undefined ? {} : { model }),
      ...(stream === undefined ? {} : { stream }),
    };
    return { bytes: bytesOf({ ...body, ...members }), address: undefined };
  }
  const { model: inBody, ...rest } = body;
  const address = { model: model ?? asString(inBody) ?? '', stream: stream ?? false };
  return { bytes: bytesOf(rest), address };
}

function bytesOf(value: JsonObject[string] | undefined): Uint8Array {
  return new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
}

/** Such a format names the model in its path. */
function takesPath(format: AskedIn): boolean {
  return ASKED[format].readPath !== undefined;
}

function readFormat(written: JsonObject[string] | undefined): AskedIn | undefined {
  if (written === undefined || written === null) return undefined;
  const format = formatNamed(String(written).trim());
  if (format) return format;
  throw new Fault(
    'invalid_value',
    `\`format\` must be ${Object.keys(ASKED).join(', ')}, or the path of a route such as /v1/messages.`,
    { param: 'format' },
  );
}

/** The body is handed over whole and open, whatever the client did with it. */
const NOT_PASSED = ['content-encoding', 'content-length', 'transfer-encoding'];

function readHeaders(written: JsonObject[string] | undefined): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(asObject(written))) {
    try {
      if (typeof value === 'string' && !NOT_PASSED.includes(name.toLowerCase())) headers.set(name, value);
    } catch {
      throw new Fault('invalid_value', '`headers` must be names with texts that a header can hold.', {
        param: 'headers',
      });
    }
  }
  return headers;
}
