// The `openai-chat` codec: Chat Completions as OpenAI defines it and its many vendors speak it.

import { asString } from '../../lib/json.ts';
import { writeFrame } from '../../lib/sse.ts';
import { refuseLater } from '../answer-later.ts';
import type { Codec } from '../codec.ts';
import { errorType } from '../openai-error-type.ts';
import { FAST_IS_PRIORITY } from '../service-tier.ts';
import { decodeRequest } from './decode/request.ts';
import { decodeResponse } from './decode/response.ts';
import { ChatStreamDecoder } from './decode/stream.ts';
import { encodeRequest } from './encode/request.ts';
import { encodeResponse } from './encode/response.ts';
import { ChatStreamEncoder } from './encode/stream.ts';
import { decodeError, errorBody } from './errors.ts';
import { readExtras } from './extras.ts';
import { ChatMender, mendWhole } from './mend.ts';
import { showSeals } from './show-seals.ts';
import { ISSUER } from './thought-details.ts';
import { decodeUsage } from './usage.ts';

export const openaiChat: Codec = {
  id: 'openai-chat',
  issuer: ISSUER,
  showSeals,
  stops: { max: 4, blank: true },
  tierMembers: ['service_tier'],
  dearTiers: ['priority', 'fast', 'ultrafast'],
  tierTwins: FAST_IS_PRIORITY,
  path: () => '/chat/completions',
  // of xAI
  refuseBody: (body) => refuseLater(body, 'deferred'),
  extras: readExtras,
  modelMember: 'model',
  choicesMember: 'choices',
  idPrefix: 'chatcmpl-',
  errorType,
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
  mending: { stream: () => new ChatMender(), whole: mendWhole },
  breakOff: (fault, { requestId }) => writeFrame(JSON.stringify(errorBody(fault, requestId))),
};
