// What is known of addresses apart from their handlers: which exist, which will, which format they speak.

import { anthropicMessages } from '../formats/anthropic-messages/index.ts';
import type { Codec } from '../formats/codec.ts';
import { googleGenerateContent } from '../formats/google-generate-content/index.ts';
import { openaiChat } from '../formats/openai-chat/index.ts';
import { openaiResponses } from '../formats/openai-responses/index.ts';

const METHODS: [RegExp, string[]][] = [
  [
    /^(\/v1){0,2}\/(chat\/completions|messages|messages\/count_tokens|responses|responses\/input_tokens)$/,
    ['POST'],
  ],
  [/^(\/v1(beta)?){0,2}\/models\/.+:(generateContent|streamGenerateContent|countTokens)$/, ['POST']],
  [/^(\/v1(beta)?){0,2}\/models(\/.+)?$/, ['GET']],
  [/^\/admin\/keys$/, ['GET', 'POST']],
  [/^(\/v1){1,2}\/key(\/(usage|calls))?$/, ['GET']],
  [/^\/(setup|key|admin|pages\/[^/]+|docs\/translation)$/, ['GET']],
  [/^\/admin\/keys\/[^/]+$/, ['GET', 'PATCH']],
  [/^\/admin\/keys\/[^/]+\/(credit|rotate|revoke)$/, ['POST']],
  [/^\/admin\/accounts(\/[^/]+)?$/, ['GET']],
  [/^\/admin\/(usage|clients|ledger|ledger\/verify)$/, ['GET']],
  [/^\/admin\/ledger\/rerate$/, ['POST']],
  [/^\/admin\/logs(\/[^/]+)?$/, ['GET']],
  [/^\/admin\/config\/(reload|rollback)$/, ['POST']],
  [/^\/admin\/(explain|resume)$/, ['POST']],
  [/^\/admin\/pause$/, ['GET', 'POST']],
  [/^\/admin\/(health|cache)$/, ['GET']],
  [/^\/admin\/(alerts\/test|cache\/clear)$/, ['POST']],
  [/^\/admin\/config\/(history|diff)$/, ['GET']],
  [/^\/(docs|openapi\.json|health\/live|health\/ready)?$/, ['GET']],
];

/** Named in the design, not built in this version. */
const PLANNED =
  /^(\/v1){0,2}\/(responses\/.+|embeddings|images\/.+|audio\/.+|moderations|completions|rerank|realtime)$|^(\/v1)?\/v1beta\/|^\/metrics$|^\/admin(\/|$)/;

/** The methods an address answers; empty when there is no such address. */
export function allowedMethods(pathname: string): string[] {
  return METHODS.find(([pattern]) => pattern.test(pathname))?.[1] ?? [];
}

export function isPlanned(pathname: string): boolean {
  return PLANNED.test(pathname);
}

const GOOGLE = /^(\/v1)?\/v1beta(\/|$)|\/models\/.+:(generateContent|streamGenerateContent|countTokens)$/;

/** Whose error vocabulary an address uses. */
export function codecOf(pathname: string): Codec {
  if (GOOGLE.test(pathname)) return googleGenerateContent;
  if (/\/messages(\/|$)/.test(pathname)) return anthropicMessages;
  return /\/responses(\/|$)/.test(pathname) ? openaiResponses : openaiChat;
}
