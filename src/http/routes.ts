// What is known of addresses apart from their handlers: which exist, which will, which format they speak.

import { anthropicMessages } from '../formats/anthropic-messages/index.ts';
import type { Codec } from '../formats/codec.ts';
import { googleGenerateContent } from '../formats/google-generate-content/index.ts';
import { openaiChat } from '../formats/openai-chat/index.ts';
import { openaiResponses } from '../formats/openai-responses/index.ts';
import { nearestNames } from '../lib/nearest.ts';

const METHODS: [RegExp, string[]][] = [
  [
    /^(\/v1){0,2}\/(chat\/completions|embeddings|messages|messages\/count_tokens|responses|responses\/input_tokens)$/,
    ['POST'],
  ],
  [/^(\/v1(beta)?){0,2}\/models\/.+:(generateContent|streamGenerateContent|countTokens)$/, ['POST']],
  [/^(\/v1(beta)?){0,2}\/models(\/.+)?$/, ['GET']],
  [/^\/admin\/keys$/, ['GET', 'POST']],
  [/^(\/v1){1,2}\/key(\/(usage|calls))?$/, ['GET']],
  [/^\/(setup|key|admin|pages\/[^/]+|docs\/(manual|translation))$/, ['GET']],
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
  [/^\/admin\/(alerts\/test|providers\/test|cache\/clear)$/, ['POST']],
  [/^\/admin\/config\/(history|diff)$/, ['GET']],
  [/^\/(docs|openapi\.json|metrics|health\/live|health\/ready)?$/, ['GET']],
];

/** Named in the design, not built in this version. */
const PLANNED =
  /^(\/v1){0,2}\/(responses\/.+|images\/.+|audio\/.+|moderations|completions|rerank|realtime)$|^(\/v1)?\/v1beta\/|^\/admin(\/|$)/;

/** The methods an address answers; empty when there is no such address. */
export function allowedMethods(pathname: string): string[] {
  return METHODS.find(([pattern]) => pattern.test(pathname))?.[1] ?? [];
}

/** What people mean to type. */
const WELL_KNOWN = [
  '/v1/chat/completions',
  '/v1/messages',
  '/v1/messages/count_tokens',
  '/v1/responses',
  '/v1/responses/input_tokens',
  '/v1/embeddings',
  '/v1/models',
  '/v1/key',
  '/key',
  '/setup',
  '/admin',
  '/docs',
  '/openapi.json',
  '/health/ready',
  '/health/live',
];

/** Why an address is none, and what to write instead. */
export function explainUnknown(pathname: string): string {
  if (isPlanned(pathname)) return 'This route is not part of this version of Osiris.';
  if (pathname.includes('//'))
    return 'There is no such address here: it has two slashes in a row. Remove the one at the end of the base URL.';
  // another gateway's prefix, as in `/anthropic/v1/messages`
  const near =
    WELL_KNOWN.find((known) => known.startsWith('/v1/') && pathname.endsWith(known)) ??
    nearestNames(pathname, WELL_KNOWN, 1)[0];
  const hint = near === undefined ? '' : ` Did you mean \`${near}\`?`;
  return `There is no such address here.${hint} GET /docs shows every route.`;
}

function isPlanned(pathname: string): boolean {
  return PLANNED.test(pathname);
}

const GOOGLE = /^(\/v1)?\/v1beta(\/|$)/;
/** Looked for by itself: behind `\/models\/.+` it would be, from each of the thousand places a long address may have. */
const GOOGLE_OPERATION = /:(generateContent|streamGenerateContent|countTokens)$/;

/** Whose error vocabulary an address uses. */
export function codecOf(pathname: string): Codec {
  if (GOOGLE.test(pathname) || (GOOGLE_OPERATION.test(pathname) && pathname.includes('/models/')))
    return googleGenerateContent;
  if (/\/messages(\/|$)/.test(pathname)) return anthropicMessages;
  return /\/responses(\/|$)/.test(pathname) ? openaiResponses : openaiChat;
}
