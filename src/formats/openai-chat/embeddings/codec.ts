// The embeddings that vendors of the Chat format make: same errors, same limits, and an answer without words.

import { Fault } from '../../../canonical/fault.ts';
import type { CanonicalRequest } from '../../../canonical/request.ts';
import type { CanonicalResponse } from '../../../canonical/response.ts';
import type { HeaderValues } from '../../../lib/header-values.ts';
import { asArray, asString, compact, type JsonObject } from '../../../lib/json.ts';
import type { Codec, Converted, Dress } from '../../codec.ts';
import { decodeInnerError, isErrorBody } from '../errors.ts';
import { openaiChat } from '../index.ts';
import { decodeUsage } from '../usage.ts';
import { formWanted, inForm, itemIn } from './vectors.ts';

const FORMAT = 'openai-chat';
const TYPE = 'embeddings';

/**
 * Its `id` is that of the family, by which deployments say what they speak. Requests go to those of the family only:
 * vectors of two models have nothing to do with each other, and other formats have no such operation.
 */
export const openaiEmbeddings: Codec = {
  id: FORMAT,
  author: 'openai',
  route: '/v1/embeddings',
  path: () => '/embeddings',
  promptBody: (text) => ({ input: text }),
  makes: 'embeddings',
  stops: { max: 0, blank: false },
  tierMembers: [],
  dearTiers: [],
  modelMember: 'model',
  idPrefix: '',
  errorType: openaiChat.errorType,
  ...(openaiChat.showRate ? { showRate: openaiChat.showRate } : {}),
  refuseTranslated,
  decodeRequest,
  encodeRequest: refuseTranslated,
  decodeResponse,
  encodeResponse,
  streamDecoder: openaiChat.streamDecoder,
  streamEncoder: openaiChat.streamEncoder,
  decodeError,
  telltale: {
    ...openaiChat.telltale,
    whole: {
      members: ['"usage"'],
      signs: ['"embedding"'],
      doubts: ['"error"'],
      usage: ({ usage }) => decodeUsage(usage),
    },
  },
  mending: {
    ...(openaiChat.mending as NonNullable<Codec['mending']>),
    whole: (bytes, request) => inForm(bytes, formWanted(request)),
  },
  breakOff: openaiChat.breakOff,
};

function refuseTranslated(): never {
  throw new Fault(
    'unsupported_parameter',
    `None of the providers of this model has embeddings in the format of OpenAI. ${ADVICE}`,
    { param: 'model' },
  );
}

/**
 * Vendors answer 404 where they have no such operation or model, and OpenAI 403 for a model that makes none: neither is a
 * fault of the vendor or of our credential there, which would be left alone for it.
 */
function decodeError(status: number, body: unknown, headers: HeaderValues): Fault {
  const fault = openaiChat.decodeError(status, body, headers);
  const isOfModel = status === 404 || (status === 403 && /embedding/i.test(JSON.stringify(body)));
  if (!isOfModel) return fault;
  const message = `The provider makes no embeddings with this model. ${ADVICE}`;
  return new Fault('unsupported_parameter', message, { param: 'model', cause: fault.cause });
}

const ADVICE = 'GET /v1/models tells which models make embeddings.';

/** All of it is one block that only this operation reads. */
function decodeRequest(body: JsonObject): Converted<CanonicalRequest> {
  const { model, user, ...asked } = body;
  const part = { kind: 'opaque', type: TYPE, raw: { format: FORMAT, value: asked } } as const;
  const userId = asString(user);
  return {
    value: {
      model: asString(model) ?? '',
      stream: false,
      includeUsage: false,
      messages: [{ role: 'user', parts: [part] }],
      tools: [],
      sampling: {},
      cache: {},
      origin: {},
      ...(userId === undefined ? {} : { userId }),
    },
    losses: [],
  };
}

/** Throws `bad_gateway` when it is none, or the fault the body reports. */
function decodeResponse(body: JsonObject): CanonicalResponse {
  if (isErrorBody(body)) throw decodeInnerError(body);
  const data = asArray(body.data);
  if (data.length === 0)
    throw new Fault('bad_gateway', 'The provider sent something that holds no embeddings; try again.');
  const usage = decodeUsage(body.usage);
  const model = asString(body.model);
  return {
    parts: [{ kind: 'opaque', type: TYPE, raw: { format: FORMAT, value: data } }],
    finish: { reason: 'end' },
    ...(model === undefined ? {} : { model }),
    ...(usage === undefined ? {} : { usage }),
  };
}

function encodeResponse({ parts, usage }: CanonicalResponse, { model, request }: Dress): JsonObject {
  const form = formWanted(request);
  const data = parts.flatMap((part) => (part.kind === 'opaque' ? asArray(part.raw.value) : []));
  return compact({
    object: 'list',
    data: data.map((item) => itemIn(item, form)),
    model,
    usage: usage && { prompt_tokens: usage.input, total_tokens: usage.input, ...usage.cost },
  });
}
