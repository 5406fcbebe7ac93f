// Canonical requests as a Responses upstream gets them.

import type { Message } from '../../src/canonical/part.ts';
import type { CanonicalRequest } from '../../src/canonical/request.ts';
import type { Target } from '../../src/formats/codec.ts';
import { openaiResponses } from '../../src/formats/openai-responses/index.ts';

export const target: Target = {
  model: 'gpt-5-mini',
  maxOutputTokens: 1000,
  developerRole: true,
  maxTokensField: 'max_tokens',
  midSystem: true,
  thinking: 'effort',
  efforts: ['minimal', 'low', 'medium', 'high'],
  structuredOutput: true,
  sampling: true,
  reasoningContent: false,
};

export const user: Message = { role: 'user', parts: [{ kind: 'text', text: 'hi' }] };

export function request(members: Partial<CanonicalRequest> = {}): CanonicalRequest {
  return {
    model: 'm',
    stream: false,
    includeUsage: true,
    messages: [user],
    tools: [],
    sampling: {},
    cache: {},
    origin: {},
    ...members,
  };
}

export const encode = (members: Partial<CanonicalRequest>, over: Partial<Target> = {}) =>
  openaiResponses.encodeRequest(request(members), { ...target, ...over });
