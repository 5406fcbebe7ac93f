// The ordered parts a message is made of, in a shape that belongs to no provider.

import type { JsonObject, JsonValue } from '../lib/json.ts';

/** A wire contract, not a vendor. */
export type FormatId = 'openai-chat' | 'openai-responses' | 'anthropic-messages' | 'google-generate-content';

/** Where in the client's own body a value stood, for example `messages[2].content[0]`; names it in losses. */
export type SourcePath = string;

/** "Cache the prompt up to here", with the lifetime the client asked for. */
export type CacheMark = { ttl: 'default' | '5m' | '1h' | '30m' | '12h' };

export type MediaSource =
  | { from: 'base64'; mediaType: string; data: string }
  | { from: 'url'; url: string }
  | { from: 'file-id'; id: string; format: FormatId }
  | { from: 'text'; text: string };

/**
 * Reasoning state that only its issuer may see again: a signature, encrypted content, redacted thinking. `issuer` is
 * the kind of state, which one format carries; `scope` the provider that made it, as far as that is known. In an
 * envelope of ours `inside` is the kind of what it holds.
 */
export type Seal = { issuer: string; data: string; scope?: string; inside?: string };

export type TokenLogprob = {
  token: string;
  logprob: number;
  bytes: number[] | null;
  top: { token: string; logprob: number; bytes: number[] | null }[];
};

/** A source of a text. `start` and `end` are code point offsets into the part's text. */
export type Citation =
  | { kind: 'url'; url: string; title?: string; quote?: string; start?: number; end?: number; raw?: Raw }
  | { kind: 'document'; title?: string; quote?: string; raw: Raw };

/** A value verbatim, with the only format that understands it. */
export type Raw = { format: FormatId; value: JsonValue };

export type TextPart = {
  kind: 'text';
  text: string;
  citations?: Citation[];
  logprobs?: TokenLogprob[];
  /** The Responses mark `commentary` or `final_answer`. */
  phase?: string;
  cache?: CacheMark;
  at?: SourcePath;
};
export type ImagePart = {
  kind: 'image';
  source: MediaSource;
  detail?: string;
  cache?: CacheMark;
  at?: SourcePath;
};
export type AudioPart = {
  kind: 'audio';
  source: MediaSource;
  transcript?: string;
  id?: string;
  cache?: CacheMark;
  at?: SourcePath;
};
/** A document. `title` is the file name where a format knows only that. */
export type FilePart = {
  kind: 'file';
  source: MediaSource;
  title?: string;
  context?: string;
  citations?: boolean;
  detail?: string;
  cache?: CacheMark;
  at?: SourcePath;
};
/**
 * Thinking. `summary` is what the provider chose to show, `content` the raw chain; either may be empty.
 * `redacted` means nothing is readable and everything is in the seal.
 */
export type ReasoningPart = {
  kind: 'reasoning';
  summary: string[];
  content: string[];
  seal?: Seal;
  redacted?: boolean;
  /** It came with a seal that was no good. */
  unproven?: boolean;
  itemId?: string;
  at?: SourcePath;
};
/**
 * A call the client must run. `input` is the argument text exactly as produced: JSON for `form: 'json'`
 * (never empty: `{}` stands for none), anything for `form: 'text'` (custom tools).
 * `id` links call and result; `itemId` is the Responses item id, which links nothing.
 */
export type ToolCallPart = {
  kind: 'tool-call';
  id: string;
  name: string;
  namespace?: string;
  form: 'json' | 'text';
  input: string;
  itemId?: string;
  cache?: CacheMark;
  at?: SourcePath;
};
/** `form` tells which kind of call is answered. Content holds text, image, audio, file and opaque parts. */
export type ToolResultPart = {
  kind: 'tool-result';
  callId: string;
  form: 'json' | 'text';
  content: Part[];
  isError: boolean;
  cache?: CacheMark;
  at?: SourcePath;
};
export type RefusalPart = { kind: 'refusal'; text: string; at?: SourcePath };
/** What a provider's own search looked for and found; either may be told in another part. */
export type HostedSearch = { queries: string[]; sources: { url: string; title?: string }[] };
/**
 * Code that a provider's own tool ran, and what came of it; either may be told in another part. `language` is in lower
 * case, `output` what it printed, errors included, `failed` that it ended in one. `files` are ids that only the provider
 * knows, `pictures` addresses.
 */
export type HostedCode = {
  code?: string;
  language?: string;
  output?: string;
  failed?: boolean;
  files?: string[];
  pictures?: string[];
};
/** A tool as its client named it. */
export type ToolName = { name: string; namespace?: string };
/**
 * A search among tools whose definitions are deferred: what was looked for, and the tools it found, which the model sees
 * from there on; either may be told in another part. `failed` is the provider's word for why there is nothing.
 */
export type ToolSearch = { query?: string; found?: ToolName[]; failed?: string };
/**
 * A tool of a remote MCP server that the provider called: what it `called`, with `input` as JSON, and what came of it,
 * which may be told in another part. `failed` says that `output` is why it did.
 */
export type RemoteCall = {
  called?: { server: string; name: string; input: string };
  output?: string;
  failed?: boolean;
};
/**
 * A block or item only its own format knows. `text` is what a person could read of it, if anything; `code` what it tells
 * of code that ran, `toolSearch` of tools that were found, `remote` of those that an MCP server has; in answers `search` of a search and `pages` of addresses that were read. `run` is the same in what a
 * hosted tool was asked and what came of it.
 */
export type OpaquePart = {
  kind: 'opaque';
  raw: Raw;
  type: string;
  text?: string;
  search?: HostedSearch;
  code?: HostedCode;
  toolSearch?: ToolSearch;
  remote?: RemoteCall;
  pages?: string[];
  run?: string;
  at?: SourcePath;
};

export type Part =
  | TextPart
  | ImagePart
  | AudioPart
  | FilePart
  | ReasoningPart
  | ToolCallPart
  | ToolResultPart
  | RefusalPart
  | OpaquePart;

/** One turn. Tool results stand in messages of role `tool`, which hold nothing else. */
export type Message = {
  role: 'system' | 'developer' | 'user' | 'assistant' | 'tool';
  parts: Part[];
  name?: string;
  at?: SourcePath;
};

export type JsonSchema = JsonObject;
