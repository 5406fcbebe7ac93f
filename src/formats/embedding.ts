// Embeddings between formats: a request for them, and what a model made, each in one block that only their codecs read.

import { Fault } from '../canonical/fault.ts';
import type { FormatId, Part, Raw } from '../canonical/part.ts';
import type { CanonicalRequest } from '../canonical/request.ts';
import type { CanonicalResponse } from '../canonical/response.ts';
import type { Usage } from '../canonical/usage.ts';
import { asArray, asObject, type JsonObject, type JsonValue } from '../lib/json.ts';

const TYPE = 'embeddings';

function blockOf(format: FormatId, value: JsonValue): Part {
  const raw: Raw = { format, value };
  return { kind: 'opaque', type: TYPE, raw };
}

function valueIn(parts: readonly Part[]): JsonValue | undefined {
  const block = parts.find((part) => part.kind === 'opaque' && part.type === TYPE);
  return block?.kind === 'opaque' ? block.raw.value : undefined;
}

/** `asked` is all that the request says beside its model and who asks. */
export function embeddingRequest(
  format: FormatId,
  model: string,
  asked: JsonObject,
  userId: string | undefined,
): CanonicalRequest {
  return {
    model,
    stream: false,
    includeUsage: false,
    messages: [{ role: 'user', parts: [blockOf(format, asked)] }],
    tools: [],
    sampling: {},
    cache: {},
    origin: {},
    ...(userId === undefined ? {} : { userId }),
  };
}

/** The `asked` of such a request. */
export function askedIn({ messages }: CanonicalRequest): JsonObject {
  return asObject(valueIn(messages.flatMap(({ parts }) => parts)));
}

/** `data`: an object each, with its `index` and its `embedding`. */
export function embeddingAnswer(
  format: FormatId,
  data: JsonValue[],
  { model, usage }: { model: string | undefined; usage: Usage | undefined },
): CanonicalResponse {
  return {
    parts: [blockOf(format, data)],
    finish: { reason: 'end' },
    ...(model === undefined ? {} : { model }),
    ...(usage === undefined ? {} : { usage }),
  };
}

/** The `data` of such an answer. */
export function dataIn({ parts }: CanonicalResponse): JsonValue[] {
  return asArray(valueIn(parts));
}

/** An embedding as numbers, of which there is at least one. */
export function isVector(value: JsonValue | undefined): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'number');
}

/** An answer in which there are none, or none for one of the inputs. */
export function noEmbeddings(): Fault {
  return new Fault('bad_gateway', 'The provider sent something that holds no embeddings; try again.');
}

/** What a refusal becomes that is about the model: left as it is, provider or credential would be left alone for it. */
export function madeByOthers({ cause }: Fault): Fault {
  const message =
    'The provider makes no embeddings with this model. GET /v1/models tells which models make embeddings.';
  return new Fault('unsupported_parameter', message, { param: 'model', cause });
}
