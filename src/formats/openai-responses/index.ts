// The Responses format as a codec.

import { asArray, asNumber, asObject } from '../../lib/json.ts';
import { refuseLater } from '../answer-later.ts';
import type { Codec } from '../codec.ts';
import { errorType } from '../openai-error-type.ts';
import { showRate } from '../openai-rate.ts';
import { FAST_IS_PRIORITY } from '../service-tier.ts';
import { breakOff } from './break-off.ts';
import { decodeRequest } from './decode/request.ts';
import { decodeResponse } from './decode/response.ts';
import { ResponsesStreamDecoder } from './decode/stream.ts';
import { encodeRequest } from './encode/request.ts';
import { encodeResponse } from './encode/response.ts';
import { ResponsesStreamEncoder } from './encode/stream.ts';
import { decodeError } from './errors.ts';
import { withoutForeignCode } from './foreign-code.ts';
import { showSeals } from './show-seals.ts';
import { referencesIn } from './stored.ts';
import { readUsage } from './usage.ts';

export const openaiResponses: Codec = {
  id: 'openai-responses',
  author: 'openai',
  issuer: 'openai',
  showSeals: (body, show) => withoutForeignCode(showSeals(body, show)),
  // "schema must be a JSON Schema of 'type: \"object\"'"
  objectAnswers: true,
  stops: { max: 0, blank: false },
  tierMembers: ['service_tier'],
  dearTiers: ['priority', 'fast', 'ultrafast'],
  tierTwins: FAST_IS_PRIORITY,
  storesAnswer: ({ store }) => store !== false,
  besides: ({ include, reasoning }) => {
    const { generate_summary: summary } = asObject(reasoning);
    return {
      // sealed reasoning is only in the answers of those who asked for it
      ...(asArray(include).includes('reasoning.encrypted_content') ? { sealed: true } : {}),
      // the older name of another one, which wins
      ...(summary === undefined ? {} : { summary }),
    };
  },
  references: referencesIn,
  cacheKey: 'all',
  toolNamespaces: 'all',
  textTools: 'all',
  asksOthers: { unread: ['models', 'route'] },
  route: '/v1/responses',
  wishes: (body) => ({ outputCap: asNumber(body.max_output_tokens), answers: undefined }),
  promptBody: (text) => ({ input: text }),
  path: () => '/responses',
  refuseBody: (body) => refuseLater(body, 'background'),
  modelMember: 'model',
  idPrefix: 'resp_',
  errorType,
  showRate,
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  streamDecoder: () => new ResponsesStreamDecoder(),
  streamEncoder: (dress) => new ResponsesStreamEncoder(dress),
  decodeError,
  counting: {
    path: () => '/responses/input_tokens',
    read: (answer) => asNumber(answer.input_tokens),
    write: (tokens) => ({ object: 'response.input_tokens', input_tokens: tokens }),
  },
  telltale: {
    needles: [
      'response.completed',
      'response.incomplete',
      'response.failed',
      '"type":"error"',
      '"type": "error"',
      'event: error',
      '"error":{',
      '"error": {',
      '"response.done"',
      'response.cancelled',
      // who leaves before the end has had its code run
      'code_interpreter_call"',
    ],
    beat: ': keep-alive\n\n',
    farewell: '',
    modelPath: ['response', 'model'],
    usagePath: ['response', 'usage'],
    whole: {
      members: ['"usage"', '"service_tier"', '"tool_usage"'],
      signs: ['"output":[', '"output": ['],
      // searches and pictures are counted by the items they leave
      doubts: [
        '"failed"',
        '"cancelled"',
        '"queued"',
        '"in_progress"',
        '"error":{',
        '"error": {',
        'search_call',
        'image_generation_call',
        'code_interpreter_call',
        'shell_call',
      ],
      usage: (members) => readUsage(members),
    },
  },
  breakOff,
};
