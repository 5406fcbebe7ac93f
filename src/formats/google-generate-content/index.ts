// The `google-generate-content` codec: the Gemini API, whose path names the model and how to answer.

import { asNumber, asObject, largestOf } from '../../lib/json.ts';
import type { Codec } from '../codec.ts';
import { modelEdits, operationPath, pathOf, readPath } from './address.ts';
import { continuing } from './continuing.ts';
import { decodeRequest } from './decode/request.ts';
import { GoogleStreamDecoder } from './decode/stream.ts';
import { encodeRequest } from './encode/request.ts';
import { GoogleStreamEncoder } from './encode/stream.ts';
import { decodeError, errorBody, errorFrame, errorType } from './errors.ts';
import { ISSUER } from './names.ts';
import { decodeResponse, encodeResponse } from './response.ts';
import { showSeals } from './show-seals.ts';
import { decodeUsage } from './usage.ts';

export { readOperation } from './address.ts';

export const googleGenerateContent: Codec = {
  id: 'google-generate-content',
  author: 'google',
  issuer: ISSUER,
  showSeals,
  stops: { max: 5, blank: true },
  tierMembers: ['serviceTier', 'service_tier'],
  dearTiers: ['priority'],
  tierHeader: 'x-gemini-service-tier',
  letterFirst: true,
  route: '/v1beta/models',
  wishes(body) {
    const [one, other] = [asObject(body.generationConfig), asObject(body.generation_config)];
    const caps = [one.maxOutputTokens, one.max_output_tokens, other.maxOutputTokens, other.max_output_tokens];
    return {
      // in protocol buffers 0 is what is not set
      outputCap: largestOf(...caps) || undefined,
      answers: largestOf(
        ...[one.candidateCount, one.candidate_count, other.candidateCount, other.candidate_count],
      ),
    };
  },
  promptBody: (text) => ({ contents: [{ role: 'user', parts: [{ text }] }] }),
  path: pathOf,
  readPath,
  modelEdits,
  modelMember: 'modelVersion',
  payloadMembers: ['args', 'response'],
  choicesMember: 'candidates',
  idPrefix: '',
  errorType,
  errorBody,
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  streamDecoder: () => new GoogleStreamDecoder(),
  streamEncoder: (dress) => new GoogleStreamEncoder(dress),
  decodeError,
  continuing,
  counting: {
    path: (model) => operationPath(model, 'countTokens'),
    read: (answer) => asNumber(answer.totalTokens),
    write: (tokens) => ({ totalTokens: tokens }),
  },
  telltale: {
    needles: [
      'usageMetadata"',
      'finishReason"',
      'promptFeedback"',
      'groundingMetadata"',
      'executableCode"',
      'rror"',
    ],
    beat: ': keep-alive\n\n',
    // such a stream ends with its connection
    farewell: '',
    modelPath: ['modelVersion'],
    usagePath: ['usageMetadata'],
    whole: {
      members: ['"usageMetadata"'],
      // an answer that ended for any other reason may be none
      signs: ['STOP', 'MAX_TOKENS'].flatMap((reason) => [
        `"finishReason":"${reason}"`,
        `"finishReason": "${reason}"`,
      ]),
      // searches are counted where the sources are, runs where the code is
      doubts: ['"error"', '"groundingMetadata"', '"executableCode"'],
      usage: ({ usageMetadata }) => decodeUsage(usageMetadata),
    },
  },
  breakOff: (fault, { requestId }) => errorFrame(fault, requestId),
};
