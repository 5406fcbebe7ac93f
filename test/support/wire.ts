// One row per wire format: how the scripted upstream checks, answers, streams and fails in it.

import type { Asked, Turn, WireFormat } from './script.ts';
import type { Json } from './strict.ts';
import { checkChat } from './strict-chat.ts';
import { checkGoogle } from './strict-google.ts';
import { checkMessages } from './strict-messages.ts';
import { checkResponses } from './strict-responses.ts';
import { chatBody, chatErrorFrame, chatFrames, openaiError } from './wire-chat.ts';
import { googleBody, googleError, googleErrorFrame, googleFrames } from './wire-google.ts';
import { messagesBody, messagesError, messagesErrorFrame, messagesFrames } from './wire-messages.ts';
import { responsesBody, responsesErrorFrame, responsesFrames } from './wire-responses.ts';

/** What this upstream has given out and therefore takes back. */
export type Issued = { seals: Set<string>; reasonings: Set<string>; items: Map<string, Json> };

export type Wire = {
  format: WireFormat;
  check(body: Json, issued: Issued): void;
  body(turn: Turn, asked: Asked): Record<string, unknown>;
  frames(turn: Turn, asked: Asked): string[];
  error(type: string, message: string, details?: unknown): unknown;
  errorFrame(asked: Asked, type: string, message: string, position: number): string;
};

export const WIRES: Record<WireFormat, Wire> = {
  'openai-chat': {
    format: 'openai-chat',
    check: (body, issued) => checkChat(body, issued.reasonings),
    body: chatBody,
    frames: chatFrames,
    error: (type, message) => openaiError(type, message),
    errorFrame: (_asked, type, message) => chatErrorFrame(type, message),
  },
  'openai-responses': {
    format: 'openai-responses',
    check: (body, issued) => checkResponses(body, issued.seals, issued.items),
    body: responsesBody,
    frames: responsesFrames,
    error: (type, message) => openaiError(type, message),
    errorFrame: responsesErrorFrame,
  },
  'anthropic-messages': {
    format: 'anthropic-messages',
    check: (body, issued) => checkMessages(body, issued.seals),
    body: messagesBody,
    frames: messagesFrames,
    error: messagesError,
    errorFrame: (_asked, type, message) => messagesErrorFrame(type, message),
  },
  'google-generate-content': {
    format: 'google-generate-content',
    check: (body, issued) => checkGoogle(body, issued.seals),
    body: googleBody,
    frames: googleFrames,
    error: (type, message) => googleError(type, message),
    errorFrame: (_asked, type, message) => googleErrorFrame(type, message),
  },
};

export type Found = {
  wire: Wire;
  counting: boolean;
  /** Where the path says it and the body does not. */
  model?: string;
  stream?: boolean;
};

const GOOGLE = /^\/v1beta\/models\/([^:]+):(generateContent|streamGenerateContent|countTokens)$/;

/** The format and operation behind a path, or nothing. */
export function wireAt(path: string): Found | undefined {
  switch (path) {
    case '/v1/chat/completions':
      return { wire: WIRES['openai-chat'], counting: false };
    case '/v1/responses':
      return { wire: WIRES['openai-responses'], counting: false };
    case '/v1/responses/input_tokens':
      return { wire: WIRES['openai-responses'], counting: true };
    case '/v1/messages':
      return { wire: WIRES['anthropic-messages'], counting: false };
    case '/v1/messages/count_tokens':
      return { wire: WIRES['anthropic-messages'], counting: true };
    default: {
      const [, model, operation] = GOOGLE.exec(path) ?? [];
      if (model === undefined) return undefined;
      return {
        wire: WIRES['google-generate-content'],
        counting: operation === 'countTokens',
        model,
        stream: operation === 'streamGenerateContent',
      };
    }
  }
}

/** What stands before the operation of a format at an origin. */
export function baseUrlOf(origin: string, format: WireFormat): string {
  return `${origin}${format === 'google-generate-content' ? '/v1beta' : '/v1'}`;
}
