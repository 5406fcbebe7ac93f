// The embeddings of the Gemini API, several texts at once (`batchEmbedContents`).

import { Fault } from '../../../canonical/fault.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type { CanonicalRequest } from '../../../canonical/request.ts';
import type { CanonicalResponse } from '../../../canonical/response.ts';
import type { HeaderValues } from '../../../lib/header-values.ts';
import { asArray, asNumber, asObject, compact, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import type { Codec, Converted, Target } from '../../codec.ts';
import {
  askedIn,
  embeddingAnswer,
  embeddingRequest,
  isVector,
  madeByOthers,
  noEmbeddings,
} from '../../embedding.ts';
import { fullName, operationPath } from '../address.ts';
import { decodeInnerError, isErrorBody } from '../errors.ts';
import { googleGenerateContent } from '../index.ts';
import { decodeUsage } from '../usage.ts';

const FORMAT = 'google-generate-content';
/** Of a length that close to 1 is left as it is. */
const LENGTH_MARGIN = 1e-3;

/** Nothing of them is left for another request. */
const { continuing: _, ...generating } = googleGenerateContent;

/** It is only written: no route takes it from clients. */
export const googleEmbeddings: Codec = {
  ...generating,
  makes: 'embeddings',
  path: ({ model }) => operationPath(model, 'batchEmbedContents'),
  decodeRequest: (body) => ({ value: embeddingRequest(FORMAT, '', body, undefined), losses: [] }),
  encodeRequest,
  decodeResponse,
  decodeError,
};

/** What else may be asked for is no matter of the provider: how the numbers are written. */
const OURS = ['input', 'dimensions', 'encoding_format', 'stream'];

/** Throws Fault `unsupported_parameter` for tokens: they are those of another vendor. */
function encodeRequest(request: CanonicalRequest, target: Target): Converted<JsonObject> {
  const asked = askedIn(request);
  const inputs = typeof asked.input === 'string' ? [asked.input] : asArray(asked.input);
  const model = fullName(target.model);
  const outputDimensionality = asNumber(asked.dimensions);
  const requests = inputs.map((text): JsonObject => {
    if (typeof text !== 'string')
      throw new Fault('unsupported_parameter', 'Gemini models take texts only: send `input` as text.', {
        param: 'input',
      });
    return compact({ model, content: { parts: [{ text }] }, outputDimensionality });
  });
  const reason = 'Gemini models have no such wish of an embedding';
  const losses = Object.keys(asked)
    .filter((path) => !OURS.includes(path) && asked[path] !== null)
    .map((path): Loss => ({ path, action: 'dropped', reason }));
  if (request.userId !== undefined) losses.push({ path: 'user', action: 'dropped', reason });
  return { value: { requests }, losses };
}

/** Throws `bad_gateway` when it is none, or the fault the body reports. */
function decodeResponse(body: JsonObject): CanonicalResponse {
  if (isErrorBody(body)) throw decodeInnerError(body);
  const data = asArray(body.embeddings).map((item, index): JsonValue => {
    const { values } = asObject(item);
    if (!isVector(values)) throw noEmbeddings();
    return { object: 'embedding', index, embedding: ofLengthOne(values) };
  });
  if (data.length === 0) throw noEmbeddings();
  return embeddingAnswer(FORMAT, data, { model: undefined, usage: decodeUsage(body.usageMetadata) });
}

/** Shortened ones are not (ai.google.dev/gemini-api/docs/embeddings), and clients of OpenAI multiply them as they are. */
function ofLengthOne(numbers: number[]): number[] {
  // a provider may send more numbers than a function takes
  const length = Math.sqrt(numbers.reduce((sum, number) => sum + number * number, 0));
  if (length === 0 || Math.abs(length - 1) < LENGTH_MARGIN) return numbers;
  return numbers.map((number) => number / length);
}

function decodeError(status: number, body: unknown, headers: HeaderValues): Fault {
  const fault = googleGenerateContent.decodeError(status, body, headers);
  return status === 404 ? madeByOthers(fault) : fault;
}
