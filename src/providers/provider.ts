// What a provider (a vendor, not a wire format) is: where, how to sign in, which formats, which quirks.

import type { FormatId } from '../canonical/part.ts';

export type AuthStyle = 'bearer' | 'x-api-key' | 'x-goog-api-key' | 'none';

/**
 * OpenRouter has a tool of its own on Chat (openrouter.ai/docs, "Web Search" of the server tools); xAI searches on
 * Responses only, since its Chat answers 410 to a search (docs.x.ai, "Web Search").
 */
export type SearchDialect = 'openrouter' | 'xai';

/** Deviations of a vendor from what its format says. Absent means "like the format's author". */
export type Quirks = {
  /** Knows role `developer`. */
  developerRole?: boolean;
  /** Which member caps the output on Chat. */
  maxTokensField?: 'max_tokens' | 'max_completion_tokens';
  /** `stream_options.include_usage` is accepted. */
  usageInStream?: boolean;
  /** Wants `reasoning_content` back on assistant messages. */
  reasoningContent?: boolean;
  /**
   * The member of Chat that turns thinking on and off; such vendors list their efforts themselves, `max` included.
   * Absent where `reasoning_effort: none` does it.
   */
  thinkingSwitch?: 'thinking' | 'enable_thinking' | 'chat_template_kwargs';
  /** Knows `strict` on tools and schemas. */
  strict?: boolean;
  /** Compiles schemas itself: references are written out for it, and rarer keywords become words. */
  plainSchemas?: boolean;
  /** Knows `response_format: json_object`. */
  jsonMode?: boolean;
  /** Where its scale of temperatures ends, if before the format's. */
  temperatureMax?: number;
  /** Knows `top_k` on Chat. */
  topK?: boolean;
  /** Members that it answers with a 400. */
  refuses?: string[];
  /** Betas of Anthropic that it answers with a 400, with their date or without; `*` for all. */
  refusesBetas?: string[];
  /** Reads files for models that cannot. */
  readsFiles?: boolean;
  /** Its own web search is asked for in its own way; see `SearchDialect`. */
  search?: SearchDialect;
  /** It searches in this format alone. */
  searchFormat?: FormatId;
  /** Knows the tool of its formats that runs code. */
  runsCode?: boolean;
  /** What it asks for the code it runs, beside tokens. Absent: nothing, or it runs none. */
  codeFee?: 'perContainer' | 'perCodeRun';
  /** Its first format is used even for clients of its other ones, as long as nothing is lost by that. */
  firstFormatFirst?: boolean;
};

/** A vendor: where it is and what it speaks. */
type Vendor = {
  id: string;
  aliases: string[];
  displayName: string;
  /** Everything before the operation (`/chat/completions` …), without a slash at the end. */
  baseUrl: string;
  auth: AuthStyle;
  /** Wire formats it speaks, preferred one first. */
  formats: FormatId[];
};

/** A built-in one: data only. */
export type ProviderDeclaration = Vendor & {
  /** Well-known environment variables that hold its key, first set one wins. */
  keyVariables: string[];
  headers?: Record<string, string>;
  quirks?: Quirks;
};

/** One that is ready to be called: declaration and file merged. */
export type Provider = Vendor & {
  /** Our secrets at this vendor; empty when `auth` is `none`. Never logged. */
  credentials: string[];
  headers: Record<string, string>;
  /** PEM text of extra certificate authorities. */
  ca: string | undefined;
  /** Answered inside the gateway instead of over the network. */
  builtIn: boolean;
  quirks: Quirks;
  /** What keys can require of all its deployments. */
  tags?: string[];
};
