// The embeddings that vendors of the Chat format make: same errors, same limits, and an answer without words.

import type { Fault } from '../../../canonical/fault.ts';
import type { CanonicalRequest } from '../../../canonical/request.ts';
import type { CanonicalResponse } from '../../../canonical/response.ts';
import type { Usage } from '../../../canonical/usage.ts';
import type { HeaderValues } from '../../../lib/header-values.ts';
import { asArray, asString, compact, isObject, type JsonObject, type JsonValue } from '../../../lib/json.ts';
import type { Codec, Converted, Dress, Target } from '../../codec.ts';
import {
  askedIn,
  dataIn,
  embeddingAnswer,
  embeddingRequest,
  madeByOthers,
  noEmbeddings,
} from '../../embedding.ts';
import { decodeInnerError, isErrorBody } from '../errors.ts';
import { openaiChat } from '../index.ts';
import { decodeUsage } from '../usage.ts';
import { formWanted, inForm, itemIn } from './vectors.ts';

const FORMAT = 'openai-chat';

/** Its `id` is that of the format, by which deployments say what they speak. */
export const openaiEmbeddings: Codec = {
  id: FORMAT,
  author: 'openai',
  route: '/v1/embeddings',
  path: () => '/embeddings',
  // all that it costs is its prompt
  wishes: () => ({ outputCap: 0, answers: undefined }),
  promptBody: (text) => ({ input: text }),
  makes: 'embeddings',
  stops: { max: 0, blank: false },
  tierMembers: [],
  dearTiers: [],
  modelMember: 'model',
  idPrefix: '',
  errorType: openaiChat.errorType,
  ...(openaiChat.showRate ? { showRate: openaiChat.showRate } : {}),
  decodeRequest,
  encodeRequest,
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
      usage: ({ usage }) => usageIn(usage),
    },
  },
  mending: {
    ...(openaiChat.mending as NonNullable<Codec['mending']>),
    whole: (bytes, request) => inForm(bytes, formWanted(request)),
  },
  breakOff: openaiChat.breakOff,
};

/** OpenAI answers 403 for a model that makes none; others 404, as for an operation or a model that they do not have. */
function decodeError(status: number, body: unknown, headers: HeaderValues): Fault {
  const fault = openaiChat.decodeError(status, body, headers);
  const isOfModel = status === 404 || (status === 403 && /embedding/i.test(JSON.stringify(body)));
  return isOfModel ? madeByOthers(fault) : fault;
}

function decodeRequest(body: JsonObject): Converted<CanonicalRequest> {
  const { model, user, ...asked } = body;
  return { value: embeddingRequest(FORMAT, asString(model) ?? '', asked, asString(user)), losses: [] };
}

function encodeRequest(request: CanonicalRequest, { model }: Target): Converted<JsonObject> {
  return { value: compact({ model, ...askedIn(request), user: request.userId }), losses: [] };
}

/** Throws `bad_gateway` when it is none, or the fault the body reports. */
function decodeResponse(body: JsonObject): CanonicalResponse {
  if (isErrorBody(body)) throw decodeInnerError(body);
  const data = asArray(body.data);
  if (data.length === 0) throw noEmbeddings();
  return embeddingAnswer(FORMAT, data, { model: asString(body.model), usage: usageIn(body.usage) });
}

/** Some vendors count the total alone (docs.voyageai.com/reference/embeddings-api): it is all input. */
function usageIn(told: JsonValue | undefined): Usage | undefined {
  if (!isObject(told) || (told.prompt_tokens ?? null) !== null) return decodeUsage(told);
  const usage = decodeUsage({ ...told, prompt_tokens: told.total_tokens ?? null });
  return usage && { ...usage, raw: told };
}

function encodeResponse(response: CanonicalResponse, { model, request }: Dress): JsonObject {
  const form = formWanted(request);
  const { usage } = response;
  return compact({
    object: 'list',
    data: dataIn(response).map((item) => itemIn(item, form)),
    model,
    usage: usage && { prompt_tokens: usage.input, total_tokens: usage.input, ...usage.cost },
  });
}
