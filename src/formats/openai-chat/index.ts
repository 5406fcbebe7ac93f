// The `openai-chat` codec: Chat Completions as OpenAI defines it and its many vendors speak it.

import { asNumber, asString, isObject, largestOf } from '../../lib/json.ts';
import { writeFrame } from '../../lib/sse.ts';
import { refuseLater } from '../answer-later.ts';
import type { Codec } from '../codec.ts';
import { errorType } from '../openai-error-type.ts';
import { showRate } from '../openai-rate.ts';
import { FAST_IS_PRIORITY } from '../service-tier.ts';
import { decodeRequest } from './decode/request.ts';
import { decodeResponse } from './decode/response.ts';
import { ChatStreamDecoder } from './decode/stream.ts';
import { encodeRequest } from './encode/request.ts';
import { encodeResponse } from './encode/response.ts';
import { ChatStreamEncoder } from './encode/stream.ts';
import { decodeError, errorBody } from './errors.ts';
import { readExtras } from './extras.ts';
import { HeldChatAnswer, healBody } from './healing.ts';
import { ChatMender, mendWhole } from './mend.ts';
import { showSeals } from './show-seals.ts';
import { thinkingWishes } from './thinking-wishes.ts';
import { ISSUER } from './thought-details.ts';
import { decodeUsage } from './usage.ts';

export const openaiChat: Codec = {
  id: 'openai-chat',
  author: 'openai',
  issuer: ISSUER,
  showSeals,
  // "schema must be a JSON Schema of 'type: \"object\"'"
  objectAnswers: true,
  stops: { max: 4, blank: true },
  tierMembers: ['service_tier'],
  dearTiers: ['priority', 'fast', 'ultrafast'],
  tierTwins: FAST_IS_PRIORITY,
  usageOnRequest: {
    isAsked: ({ stream_options: options }) => isObject(options) && options.include_usage === true,
    edit: { path: ['stream_options', 'include_usage'], json: 'true' },
  },
  besides: thinkingWishes,
  // hosts that merely speak it may refuse what is newer
  cacheKey: 'author',
  textTools: 'author',
  // on OpenAI's Chat only the search models know it, and all others refuse the whole request
  searchesApart: true,
  // OpenRouter's
  asksOthers: { member: 'models', toldIn: 'model' },
  route: '/v1/chat/completions',
  // with both, vendors differ in which one counts; local servers take 0 for no cap
  wishes: ({ max_completion_tokens: newer, max_tokens: older, n }) => ({
    outputCap: largestOf(newer, older) || undefined,
    answers: asNumber(n),
  }),
  promptBody: (text) => ({ messages: [{ role: 'user', content: text }] }),
  path: () => '/chat/completions',
  // of xAI
  refuseBody: (body) => refuseLater(body, 'deferred'),
  extras: readExtras,
  modelMember: 'model',
  choicesMember: 'choices',
  idPrefix: 'chatcmpl-',
  errorType,
  showRate,
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  streamDecoder: () => new ChatStreamDecoder(),
  streamEncoder: (dress) => new ChatStreamEncoder(dress),
  decodeError,
  telltale: {
    needles: [
      'usage":{',
      'usage": {',
      '[DONE]',
      'rror"',
      'finish_reason":"',
      'finish_reason": "',
      'refusal":"',
      'refusal": "',
      'event: error',
      // who cites pages has searched
      'url_citation"',
    ],
    beat: ': keep-alive\n\n',
    // every client does without [DONE] once it has a finish_reason, so such a stream stays as it came
    farewell: '',
    modelPath: ['model'],
    usagePath: ['usage'],
    whole: {
      members: ['"usage"', '"service_tier"'],
      signs: ['"choices":[{', '"choices": [{'],
      // a finish reason can report a failure too
      doubts: ['"error"', '"insufficient_system_resource"', '"url_citation"'],
      usage: ({ usage, service_tier }) => decodeUsage(usage, asString(service_tier)),
    },
  },
  healing: { stream: () => new HeldChatAnswer(), whole: healBody },
  mending: { stream: () => new ChatMender(), whole: mendWhole },
  breakOff: (fault, { requestId }) => writeFrame(JSON.stringify(errorBody(fault, requestId))),
};
