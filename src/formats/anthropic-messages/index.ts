// The Messages format of Anthropic as a codec.

import { asNumber } from '../../lib/json.ts';
import type { Codec } from '../codec.ts';
import { betasFor } from './betas.ts';
import { withoutForeignCode } from './code-blocks.ts';
import { continuing } from './continuing.ts';
import { ISSUER } from './decode/block.ts';
import { decodeRequest } from './decode/request.ts';
import { MessagesDecoder } from './decode/stream.ts';
import { encodeRequest } from './encode/request.ts';
import { MessagesEncoder } from './encode/stream.ts';
import { decodeError, errorFrame, errorType } from './errors.ts';
import { withoutForeignCitations } from './foreign-citations.ts';
import { freesContainers } from './free-containers.ts';
import { refusePrefill } from './prefill.ts';
import { showRate } from './rate.ts';
import { decodeResponse, encodeResponse } from './response.ts';
import { showSeals } from './show-seals.ts';
import { refuseThread } from './thread.ts';
import { decodeUsage } from './usage.ts';

export const anthropicMessages: Codec = {
  id: 'anthropic-messages',
  author: 'anthropic',
  issuer: ISSUER,
  showSeals: (body, show) => withoutForeignCode(withoutForeignCitations(showSeals(body, show))),
  lacks: ['json-mode'],
  hides: ['images'],
  refuseTranslated: refusePrefill,
  cachesMarked: true,
  asksOthers: { member: 'fallbacks', byTools: true, toldIn: 'iterations', unread: ['models', 'route'] },
  freesContainers,
  losesLateSources: true,
  stops: { max: Number.POSITIVE_INFINITY, blank: false },
  // `service_tier` says whether capacity that was bought beforehand may serve
  tierMembers: ['speed'],
  dearTiers: ['fast'],
  accountMembers: ['billing_policy', 'fallback_credit_token'],
  // what the encoder is written against
  headers: { 'anthropic-version': '2023-06-01' },
  headersFor: betasFor,
  // its own SDKs count on 128,000 tokens an hour and ten minutes at most ("long requests")
  wholeTokensMax: 21_333,
  route: '/v1/messages',
  wishes: (body) => ({ outputCap: asNumber(body.max_tokens), answers: undefined }),
  promptBody: (text) => ({ max_tokens: 1024, messages: [{ role: 'user', content: text }] }),
  path: () => '/messages',
  refuseBody: refuseThread,
  modelMember: 'model',
  payloadMembers: ['input'],
  // "Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'"
  plainProperties: true,
  hostedNames: true,
  idPrefix: 'msg_',
  errorType,
  overloadedStatus: 529,
  showRate,
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  streamDecoder: () => new MessagesDecoder(),
  streamEncoder: (dress) => new MessagesEncoder(dress),
  decodeError,
  continuing,
  counting: {
    path: () => '/messages/count_tokens',
    read: (answer) => asNumber(answer.input_tokens),
    write: (tokens) => ({ input_tokens: tokens }),
  },
  telltale: {
    needles: [
      'usage"',
      'code_execution"',
      'fallback"',
      'message_delta',
      'message_stop',
      'rror"',
      'event: error',
      'event:error',
    ],
    beat: 'event: ping\ndata: {"type":"ping"}\n\n',
    farewell: 'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    modelPath: ['message', 'model'],
    usagePath: ['usage'],
    whole: {
      members: ['"usage"'],
      signs: ['"content":[', '"content": ['],
      // blocks with more than text may lack what they are about
      doubts: ['"error"', '_use"', '_result"', '"container":{', '"container": {'],
      usage: ({ usage }) => decodeUsage(usage, 'reported'),
    },
  },
  breakOff: (fault, seen) => errorFrame(fault, seen.requestId),
};
