// Remembers where each conversation was answered last, so that its prompt cache and its reasoning stay warm.

import { LRUCache } from 'lru-cache';
import { asArray, asObject, isObject, type JsonValue } from '../../lib/json.ts';
import type { Call } from '../call.ts';
import type { Candidate } from './candidate.ts';
import { sessionOf } from './conversation.ts';

/** Forgetting one costs it a cold cache, no more. */
const CONVERSATIONS_MAX = 20_000;
/** Providers forget prompts sooner. */
const REMEMBERED_MS = 3_600_000;
/** So much of its beginning tells a conversation from others. */
const CHARS_MAX = 2_000;
const PARTS_MAX = 8;

/** Where a conversation was answered; candidates are told apart by provider and name there. */
type Place = { deployment: string; credential: string | undefined };

export class Conversations {
  readonly #known = new WeakMap<Call, Conversation>();
  readonly #places = new LRUCache<string, Place>({ max: CONVERSATIONS_MAX, ttl: REMEMBERED_MS });

  /** Which of the candidates answered the last turn; undefined for a conversation that is new or forgotten. */
  candidateOf<T extends { candidate: Candidate }>(call: Call, among: readonly T[]): T | undefined {
    const place = this.#placeOf(call);
    return place && among.find(({ candidate }) => nameOf(candidate) === place.deployment);
  }

  /** The credential that the last turn went out with, if this provider has it. */
  credentialOf(call: Call, { provider }: Candidate): string | undefined {
    const credential = this.#placeOf(call)?.credential;
    return credential !== undefined && provider.credentials.includes(credential) ? credential : undefined;
  }

  remember(call: Call, candidate: Candidate, credential: string | undefined): void {
    this.#places.set(this.#read(call).name, { deployment: nameOf(candidate), credential });
  }

  #placeOf(call: Call): Place | undefined {
    // no name is made as long as there is nothing to find
    if (this.#places.size === 0) return undefined;
    const { name, isContinued } = this.#read(call);
    return isContinued ? this.#places.get(name) : undefined;
  }

  #read(call: Call): Conversation {
    const known = this.#known.get(call);
    if (known) return known;
    const read = conversationOf(call);
    this.#known.set(call, read);
    return read;
  }
}

function nameOf({ deployment, provider }: Candidate): string {
  return `${provider.id} ${deployment.model}`;
}

/** Its session, and how it begins; undefined where this may be anybody's first turn. */
type Conversation = { name: string; isContinued: boolean };

/**
 * Told by its key, the session its client names, and how it begins: the sub-agents of one session begin differently.
 * A first turn without a session may equal anybody's, so it is nobody's next one.
 */
function conversationOf({ key, headers, body }: Call): Conversation {
  const session = sessionOf(headers);
  const turns = asArray(body.messages ?? body.input ?? body.contents);
  const opening = turns.slice(0, turns.findIndex((turn) => !isInstruction(turn)) + 1);
  const system = body.system ?? body.instructions ?? body.systemInstruction ?? null;
  const begins = Bun.hash([system, ...opening].map(textIn).join('\n')).toString(36);
  return {
    name: `${key.id} ${session ?? ''} ${begins}`,
    isContinued: session !== undefined || turns.length > opening.length,
  };
}

function isInstruction(turn: JsonValue): boolean {
  const { role } = asObject(turn);
  return role === 'system' || role === 'developer';
}

/** The beginning of its text; marks for caches move between turns and are not part of it. */
function textIn(value: JsonValue): string {
  if (typeof value === 'string') return value.slice(0, CHARS_MAX);
  if (Array.isArray(value)) return value.slice(0, PARTS_MAX).map(textIn).join('').slice(0, CHARS_MAX);
  if (!isObject(value)) return '';
  return textIn(value.text ?? value.content ?? value.parts ?? null);
}
