// Checks a parsed body against its format's wire schema and names the first thing wrong with it.

import { type TSchema, TypeGuard } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler';
import { type ValueError, ValueErrorType } from '@sinclair/typebox/errors';
import { Fault } from '../canonical/fault.ts';
import type { JsonObject } from '../lib/json.ts';
import { countTokensSchema, messagesSchema } from './anthropic-messages/wire.ts';
import { countGenerateSchema, generateSchema } from './google-generate-content/wire.ts';
import { embeddingsSchema } from './openai-chat/embeddings/wire.ts';
import { chatSchema } from './openai-chat/wire.ts';
import { refersToStored } from './openai-responses/stored.ts';
import { inputSchema, inputTokensSchema, responsesSchema } from './openai-responses/wire.ts';

/** Bodies that have a schema: one for each inference route and each counting route. */
export type BodyKind =
  | 'openai-chat'
  | 'openai-responses'
  | 'anthropic-messages'
  | 'google-generate-content'
  | 'embeddings'
  | 'count-messages'
  | 'count-responses'
  | 'count-generate';

const SCHEMAS: Record<BodyKind, TSchema> = {
  'openai-chat': chatSchema,
  'openai-responses': responsesSchema,
  'anthropic-messages': messagesSchema,
  'google-generate-content': generateSchema,
  embeddings: embeddingsSchema,
  'count-messages': countTokensSchema,
  'count-responses': inputTokensSchema,
  'count-generate': countGenerateSchema,
};

const compiled = new Map<BodyKind, TypeCheck<TSchema>>();

/**
 * Throws Fault `missing_field` or `invalid_value` for the first member that does not fit; the message names the
 * member and what it must be, never what it was.
 */
export function checkBody(kind: BodyKind, body: JsonObject): void {
  const check = checkerOf(kind);
  const lacksInput = promptMember(kind) === 'input' && body.input === undefined && !refersToStored(body);
  if (!lacksInput && check.Check(body)) return;
  const hint = wrongRouteHint(kind, body);
  if (lacksInput) throw missing('input', inputSchema, hint);
  const error = mostTelling(check.Errors(body).First());
  if (!error)
    throw new Fault('invalid_value', `The request body does not have the form of this route.${hint}`);
  const param = memberPath(error.path);
  if (error.type === ValueErrorType.ObjectRequiredProperty) throw missing(param, error.schema, hint);
  throw new Fault('invalid_value', `\`${param}\` must be ${expectation(error.schema)}.${hint}`, { param });
}

function missing(param: string, schema: TSchema, hint: string): Fault {
  const message = `\`${param}\` is missing; it must be ${expectation(schema)}.${hint}`;
  return new Fault('missing_field', message, { param });
}

function checkerOf(kind: BodyKind): TypeCheck<TSchema> {
  let check = compiled.get(kind);
  if (!check) {
    check = TypeCompiler.Compile(SCHEMAS[kind]);
    compiled.set(kind, check);
  }
  return check;
}

/** Of a union's alternatives the one that got furthest says most. */
function mostTelling(error: ValueError | undefined): ValueError | undefined {
  if (error?.type !== ValueErrorType.Union) return error;
  let deepest = error;
  for (const alternative of error.errors) {
    const inner = mostTelling(alternative.First());
    if (inner && inner.path.length > deepest.path.length) deepest = inner;
  }
  return deepest;
}

const NAME_CHARS_MAX = 64;

/** `/messages/0/role` as people write it: `messages[0].role`. */
function memberPath(pointer: string): string {
  let path = '';
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~').slice(0, NAME_CHARS_MAX);
    if (/^\d+$/.test(name)) path += `[${name}]`;
    else path += path === '' ? name : `.${name}`;
  }
  return path;
}

/** What a schema asks for, in words. */
function expectation(schema: TSchema): string {
  if (TypeGuard.IsUnion(schema)) return alternatives(schema.anyOf);
  if (TypeGuard.IsLiteral(schema)) return JSON.stringify(schema.const);
  if (TypeGuard.IsString(schema)) return schema.minLength ? 'a text that is not empty' : 'a text';
  if (TypeGuard.IsInteger(schema)) return `a whole number${range(schema)}`;
  if (TypeGuard.IsNumber(schema)) return `a number${range(schema)}`;
  if (TypeGuard.IsBoolean(schema)) return 'true or false';
  if (TypeGuard.IsNull(schema)) return 'null';
  if (TypeGuard.IsArray(schema)) return schema.minItems ? 'an array that is not empty' : 'an array';
  if (TypeGuard.IsObject(schema) || TypeGuard.IsRecord(schema)) return 'an object';
  return typeof schema.description === 'string' ? schema.description : 'a value of the documented form';
}

function alternatives(schemas: TSchema[]): string {
  const words = [...new Set(schemas.map(expectation))];
  const last = words.pop();
  return words.length === 0 ? String(last) : `${words.join(', ')} or ${last}`;
}

function range(schema: { minimum?: number; maximum?: number }): string {
  const { minimum, maximum } = schema;
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum === undefined ? '' : ` of at most ${maximum}`;
}

/** The member that holds the prompt, on the routes of each kind. */
function promptMember(kind: BodyKind): 'input' | 'contents' | 'messages' {
  switch (kind) {
    case 'openai-responses':
    case 'count-responses':
    case 'embeddings':
      return 'input';
    case 'google-generate-content':
    case 'count-generate':
      return 'contents';
    case 'openai-chat':
    case 'anthropic-messages':
    case 'count-messages':
      return 'messages';
    default:
      return kind satisfies never;
  }
}

/** A body sent to the wrong route is the commonest mistake of all; say where it belongs. */
function wrongRouteHint(kind: BodyKind, body: JsonObject): string {
  const wanted = promptMember(kind);
  const has = (member: string) => member !== wanted && member in body && !(wanted in body);
  if (has('messages')) {
    const route = 'max_tokens' in body && 'system' in body ? '/v1/messages' : '/v1/chat/completions';
    return ` The body has "messages" like one for ${route}; this route takes "${wanted}".`;
  }
  if (has('input')) return ` The body has "input" like one for /v1/responses; this route takes "${wanted}".`;
  if (wanted !== 'contents' && 'contents' in body)
    return ` The body looks like one in Gemini format; this route takes "${wanted}".`;
  if (wanted === 'messages' && !('messages' in body) && 'prompt' in body)
    return ' Send the prompt as messages: [{"role":"user","content":"…"}].';
  if (kind === 'anthropic-messages' && !('max_tokens' in body) && 'messages' in body)
    return ' If this is an OpenAI chat request, send it to /v1/chat/completions.';
  return '';
}
