// What the tests of the Gemini request writer share: a deployment, pieces of a conversation, and the writer.

import type { Message, Part } from '../../../src/canonical/part.ts';
import type { CanonicalRequest } from '../../../src/canonical/request.ts';
import type { Target } from '../../../src/formats/codec.ts';
import { googleGenerateContent as codec } from '../../../src/formats/google-generate-content/index.ts';
import { asArray, asObject } from '../../../src/lib/json.ts';

export const TARGET: Target = {
  model: 'gemini-3.1-pro-preview',
  maxOutputTokens: 65_536,
  developerRole: true,
  maxTokensField: 'max_tokens',
  midSystem: true,
  thinking: 'effort',
  efforts: ['low', 'medium', 'high'],
  structuredOutput: true,
  sampling: true,
  reasoningContent: false,
};
export const OLD = { model: 'gemini-2.5-flash' };

export const user = (text: string): Message => ({ role: 'user', parts: [{ kind: 'text', text }] });
export const call = (id: string, name = 'f', input = '{}'): Part => ({
  kind: 'tool-call',
  id,
  name,
  form: 'json',
  input,
});
export const result = (callId: string, content: Part[], isError = false): Part => ({
  kind: 'tool-result',
  callId,
  form: 'json',
  content,
  isError,
});
export const text = (words: string): Part => ({ kind: 'text', text: words });

/** An otherwise plain request. */
export const requestWith = (members: Partial<CanonicalRequest>): CanonicalRequest => ({
  model: 'm',
  stream: false,
  includeUsage: true,
  messages: [user('Hi')],
  tools: [],
  sampling: {},
  cache: {},
  origin: {},
  ...members,
});

/** Writes it for the target. */
export const write = (members: Partial<CanonicalRequest>, target: Partial<Target> = {}) =>
  codec.encodeRequest(requestWith(members), { ...TARGET, ...target });
export const contents = (messages: Message[], target: Partial<Target> = {}) =>
  asArray(write({ messages }, target).value.contents).map(asObject);
export const config = (members: Partial<CanonicalRequest>, target: Partial<Target> = {}) =>
  asObject(write(members, target).value.generationConfig);
