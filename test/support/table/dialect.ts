// What the scenario table knows of a format: how a client asks and reads in it, and what a provider is told in it.

import type { WireFormat } from '../script.ts';
import type { Json } from '../strict.ts';

/** A question in no format's words. */
export type Ask = {
  system: string;
  user: string;
  /** The prompt up to here is worth caching. */
  cached?: true;
  tools?: { name: string; description: string; schema: Json }[];
  schema?: Json;
  stop?: string;
  cap?: number;
  thinking?: true;
  /** The provider may run code. */
  code?: true;
  /** The tools are shown only when a search of the provider finds them. */
  finds?: true;
  /** A remote MCP server, of whose tools one may be called. */
  server?: Server;
  /** Asked when the answer is there. */
  next?: string;
};

export type Server = { name: string; url: string; token: string; tool: string };

export type Call = { id: string; name: string; args: unknown };

export type Result = { callId: string; name: string; text: string; image?: string; isError?: true };

/** Code that ran at the provider, and what it printed. */
export type Ran = { source: string; printed: string };

/** A call that the provider made to a remote server, and what it gave. */
export type Remote = { server: string; name: string; args: unknown; output: string };

/** An answer as its client understands it. */
export type Reply = {
  text: string;
  ran: Ran | undefined;
  /** Of formats that have such a search: names of tools. */
  found?: string[];
  remote?: Remote | undefined;
  thoughts: string;
  refused: boolean;
  /** The words of a refusal, wherever the format has them. */
  refusal: string;
  calls: Call[];
  finish: 'end' | 'tool' | 'length' | 'stop' | 'refusal';
  stopSequence: string | undefined;
  tokens: { input: number; cached: number; output: number };
};

/** A request as its provider understands it. */
export type Heard = {
  system: string;
  user: string;
  tools: { name: string; schema: unknown }[];
  calls: Call[];
  results: { callId: string; text: string; isError: boolean }[];
  /** Base64 data, wherever it stands. */
  images: string[];
  /** Of the answer, with its name where the format has one. */
  schema: { schema: unknown; name?: unknown };
  stop: string[];
  cap: number | undefined;
  thinks: boolean;
  /** Tokens it may think, where it is told in tokens. */
  budget: number | undefined;
  cacheMarks: number;
  runsCode: boolean;
  /** Tools are found by a search, and which. */
  findsTools?: string[];
  server?: Server | undefined;
};

export type Dialect = {
  format: WireFormat;
  path(model: string, stream: boolean): string;
  ask(question: Ask, model: string, stream: boolean): Json;
  /** The whole answer a stream stands for. */
  fold(events: Json[]): Json;
  read(answer: Json): Reply;
  /** The next request: the last one, what was answered, what the tools gave, what else is asked. */
  goOn(asked: Json, answer: Json, results: Result[], next: string | undefined): Json;
  /** What a body or an event says of a failure; undefined when it is none. */
  failure(body: Json): string | undefined;
  hear(body: Json): Heard;
};

export const list = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : []);
export const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
export const count = (value: unknown): number => (typeof value === 'number' ? value : 0);

/** The text of a content that is a string or parts. */
export function textIn(content: unknown): string {
  if (typeof content === 'string') return content;
  return list(content)
    .map((part) => text(part.text))
    .join('');
}

/** How formats without a flag tell that a tool failed. */
export const SAYS_ERROR = /^\s*\[?(tool )?error/i;

export function dataOf(url: unknown): string[] {
  const [, data] = /^data:image\/png;base64,(.*)$/.exec(text(url)) ?? [];
  return data === undefined ? [] : [data];
}
