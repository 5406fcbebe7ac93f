// A generation request in a shape that belongs to no provider.

import type { JsonObject } from '../lib/json.ts';
import type { CacheMark, JsonSchema, Message, Raw, SourcePath, ToolName } from './part.ts';

/**
 * The model is shown the tool only when a search finds it: the client `asked` for that, or its own search has brought
 * the tool, which was `found`.
 */
export type Deferred = 'asked' | 'found';

export type FunctionTool = {
  kind: 'function';
  name: string;
  /** Responses groups functions in namespaces; other formats see `namespace__name`. */
  namespace?: string;
  description?: string;
  schema: JsonSchema;
  strict?: boolean;
  /** Where the client asked for that, if not at the tool. */
  strictAt?: SourcePath;
  cache?: CacheMark;
  /** A client-side tool whose schema its format implies (`bash_20250124`, `local_shell`): type and members. */
  implied?: Raw;
  deferred?: Deferred;
  at?: SourcePath;
};
/** A tool that takes free text, optionally bound to a grammar. */
export type CustomTool = {
  kind: 'custom';
  name: string;
  namespace?: string;
  description?: string;
  grammar?: { syntax: string; definition: string };
  cache?: CacheMark;
  deferred?: Deferred;
  at?: SourcePath;
};
/** The provider's own search. */
export type WebSearchTool = {
  kind: 'web-search';
  allowedDomains?: string[];
  blockedDomains?: string[];
  location?: { city?: string; region?: string; country?: string; timezone?: string };
  contextSize?: string;
  /** So many searches in one answer. */
  maxUses?: number;
  /** Where the client asked for that, if not at the tool. */
  maxUsesAt?: SourcePath;
  /** As the client wrote it, for its own format. */
  raw: Raw;
  at?: SourcePath;
};
/** A remote MCP server, whose tools the provider calls by itself without asking. */
export type RemoteServer = {
  name: string;
  url: string;
  /** A secret of the client. */
  token?: string;
  /** Only these of its tools; undefined: all. */
  allowed?: string[];
  /** Where the client asked that its tools be shown only when a search finds them. */
  deferredAt?: SourcePath;
  /** What the client asked for beside that no other format has: where, and what to do instead. */
  problem?: { param: SourcePath; message: string };
};
/** A hosted tool only its own format knows, or the tools of a remote server. */
export type OpaqueTool = { kind: 'opaque'; type: string; raw: Raw; remote?: RemoteServer; at?: SourcePath };
export type Tool = FunctionTool | CustomTool | WebSearchTool | OpaqueTool;

/** Tools of a provider that a choice can name in more than one format. */
export type HostedKind = 'web-search' | 'code';

export type ToolChoice =
  | { mode: 'auto' | 'none' | 'required' }
  | { mode: 'one'; name: string; namespace?: string; form: 'json' | 'text' }
  | { mode: 'hosted'; tool: HostedKind }
  /** Only these may be called; `hosted`: and these of the provider's own. */
  | { mode: 'subset'; required: boolean; names: ToolName[]; hosted?: HostedKind[] }
  | { mode: 'opaque'; raw: Raw };

export type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/** `budgetTokens` and `effort` may both be absent: then the model decides. */
export type ReasoningControl = {
  mode?: 'off' | 'on' | 'auto';
  effort?: Effort;
  budgetTokens?: number;
  summary?: 'none' | 'auto' | 'concise' | 'detailed';
};

export type OutputFormat =
  | { kind: 'text' }
  | { kind: 'json' }
  | {
      kind: 'schema';
      name?: string;
      description?: string;
      schema: JsonSchema;
      /** `possible`: formats without such a member hold an answer to its schema wherever they can. */
      strict?: boolean | 'possible';
      /** The answer is one word, and wanted without the quotes of JSON. */
      isWord?: boolean;
    };

/** Knobs that tune the answer; all optional. */
export type Sampling = {
  temperature?: number;
  topP?: number;
  topK?: number;
  stop?: string[];
  seed?: number;
  frequencyPenalty?: number;
  presencePenalty?: number;
  logitBias?: JsonObject;
  logprobs?: boolean;
  topLogprobs?: number;
  n?: number;
};

/** A spoken answer. `format` is how its bytes come: `wav`, `mp3` …, or `pcm16` for bare samples. */
export type Speech = { voice?: string; format: string };

export type PromptCache = {
  /** Routing key for the provider's cache. */
  key?: string;
  retention?: string;
  /** Top-level "mark it for me". */
  auto?: CacheMark;
  /** Nothing is to be answered: the request only fills the cache. */
  prewarm?: boolean;
};

/** Every member of a request that has a meaning in more than one format. */
export type CanonicalRequest = {
  model: string;
  stream: boolean;
  /** Chat only reports usage in a stream when asked; the other formats always do. */
  includeUsage: boolean;
  messages: Message[];
  tools: Tool[];
  toolChoice?: ToolChoice;
  parallelTools?: boolean;
  maxOutputTokens?: number;
  sampling: Sampling;
  reasoning?: ReasoningControl;
  output?: OutputFormat;
  speech?: Speech;
  /** Pictures may stand in the answer beside its text. */
  pictures?: boolean;
  verbosity?: string;
  cache: PromptCache;
  userId?: string;
  safetyId?: string;
  metadata?: JsonObject;
  serviceTier?: string;
  /** What a client of another format says to one provider only, in that one's words; `places`: by member, where. */
  vendor?: { raw: Raw; places: Record<string, SourcePath> };
  /** Canonical control name (`sampling.seed`, `maxOutputTokens` …) to the member the client wrote it as. */
  origin: Record<string, SourcePath>;
};
