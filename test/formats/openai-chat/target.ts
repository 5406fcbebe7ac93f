// What the tests of the Chat request writer share: a deployment, and a request with next to nothing in it.

import { Fault } from '../../../src/canonical/fault.ts';
import type { CanonicalRequest } from '../../../src/canonical/request.ts';
import type { Target } from '../../../src/formats/codec.ts';
import { openaiChat } from '../../../src/formats/openai-chat/index.ts';

export const TARGET: Target = {
  model: 'gpt-5',
  maxOutputTokens: 1000,
  developerRole: true,
  maxTokensField: 'max_completion_tokens',
  midSystem: true,
  thinking: 'effort',
  efforts: ['minimal', 'low', 'medium', 'high'],
  structuredOutput: true,
  sampling: true,
  reasoningContent: false,
};

/** Writes an otherwise empty request for the target. */
export const encode = (members: Partial<CanonicalRequest>, target: Partial<Target> = {}) =>
  openaiChat.encodeRequest(
    {
      model: 'm',
      stream: false,
      includeUsage: false,
      messages: [{ role: 'user', parts: [{ kind: 'text', text: 'Hi' }] }],
      tools: [],
      sampling: {},
      cache: {},
      origin: {},
      ...members,
    },
    { ...TARGET, ...target },
  );
/** Code and member of the refusal, undefined when there is none. */
export const faultOf = (members: Partial<CanonicalRequest>) => {
  try {
    encode(members);
  } catch (fault) {
    if (fault instanceof Fault) return [fault.code, fault.param];
  }
  return undefined;
};
