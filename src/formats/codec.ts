// The contract every wire format fulfils: decode and encode for request, response, stream and error.

import type { StreamEvent } from '../canonical/event.ts';
import type { Fault, FaultCode } from '../canonical/fault.ts';
import type { Loss } from '../canonical/loss.ts';
import type { FormatId } from '../canonical/part.ts';
import type { CanonicalRequest } from '../canonical/request.ts';
import type { CanonicalResponse } from '../canonical/response.ts';
import type { CodeSeen, Usage } from '../canonical/usage.ts';
import type { HeaderValues } from '../lib/header-values.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Edit } from '../lib/splice.ts';
import type { SseFrame } from '../lib/sse.ts';

/** What a conversion made, with what it could not carry. */
export type Converted<T> = { value: T; losses: Loss[] };

/** `thinking: {type}`, `enable_thinking`, or the latter inside `chat_template_kwargs`. */
export type ThinkingSwitch = 'thinking' | 'enable_thinking' | 'chat_template_kwargs';

/** What the chosen deployment can take; every member is a fact from the catalogue or the provider's quirks. */
export type Target = {
  /** The model's name at the upstream. */
  model: string;
  /** The model's cap in tokens; `undefined` when the catalogue does not know it. */
  maxOutputTokens: number | undefined;
  /** Role `developer` is understood (OpenAI-compatible vendors often know only `system`). */
  developerRole: boolean;
  /** Which member carries the cap on Chat. */
  maxTokensField: 'max_tokens' | 'max_completion_tokens';
  /** A system message may stand after the first user turn (Anthropic 4.8 and later; not in templates of local models). */
  midSystem: boolean;
  /** How thinking is asked for: by effort, by a token budget, adaptively with effort, or not at all. */
  thinking: 'none' | 'effort' | 'budget' | 'adaptive';
  /** The member of Chat that turns thinking on and off where `reasoning_effort` cannot; see `Quirks`. */
  thinkingSwitch?: ThinkingSwitch | undefined;
  /** Efforts the model lists, lowest first; empty when unknown. */
  efforts: string[];
  /** `output_config.format` and `json_schema` are understood. */
  structuredOutput: boolean;
  /** Temperature and its kin are accepted. */
  sampling: boolean;
  /** `reasoning_content` may be sent back on assistant messages of Chat. */
  reasoningContent: boolean;
  // what nearly every model can: absent means yes
  /** A call of a tool can be forced. */
  forcedTools?: boolean;
  tools?: boolean;
  images?: boolean;
  audio?: boolean;
  files?: boolean;
  /** It goes on with an assistant turn that ends the conversation. */
  prefill?: boolean;
  /** The tool of its format that runs code. */
  runsCode?: boolean;
  stop?: boolean;
  /** On Chat it takes functions together with an effort (OpenAI from 5.6 on: on Responses only). */
  thinkingTools?: boolean;
  /** `json_object` is understood. */
  jsonMode?: boolean;
  /** `strict` is understood on tools and schemas. */
  strict?: boolean;
  // and what few have: absent means no
  /** It finds tools whose definitions are deferred, with the search of its provider. */
  toolSearch?: boolean;
  /** The service tiers with a price of their own, in lower case; `every` where nothing costs anything. */
  tiers?: readonly string[] | 'every';
  /** The geographies with a price, likewise. */
  geos?: readonly string[] | 'every';
  /** Schemas are compiled by the vendor itself and must keep to what all of them know. */
  plainSchemas?: boolean;
  /** Temperature and its kin are accepted while the model is told not to think. */
  idleSampling?: boolean;
  /** The end of the vendor's own scale; absent: the one of the format. */
  temperatureMax?: number;
  /** `top_k` is understood on Chat. */
  topK?: boolean;
  /** Members that the vendor refuses. */
  refuses?: readonly string[];
  /** Betas of Anthropic that the vendor refuses; see `Quirks`. */
  refusesBetas?: readonly string[];
  /** How the vendor's own search is asked for, where that is not as its format has it; see `Quirks`. */
  search?: 'openrouter' | 'xai';
};

/** What a request says beside its prompt: which model, and whether to stream. Some formats say it in the path. */
export type Address = { model: string; stream: boolean };

/** What a client's body asks of the gateway itself; `members` are those that no provider may see. */
export type Extras = {
  members: string[];
  /** The provider's own search has to be had, by whatever means there are; a model without one will not do. */
  webSearch: boolean;
  /** A search is asked for in this way or another. */
  searches: boolean;
  /** Broken JSON in the answer is mended. */
  mendsJson: boolean;
};

/** What an answer has to be dressed with for the client that asked. */
export type Dress = {
  /** The model name the client wrote. */
  model: string;
  /** Our id for the answer, with the prefix of the client's format already in place. */
  id: string;
  createdS: number;
  /** The time as an answer ends; without it an answer ends when it began. */
  nowS?: () => number;
  /** What the prompt is worth until the provider tells, for formats that begin a stream with it. Tokens. */
  inputTokensEstimate?: number;
  /** The client asked for a usage chunk; see `usageOnRequest`. */
  includeUsage: boolean;
  /** Takes the items of a whole answer that the client may name later; see `Codec.references`. */
  keepItems?: ((items: readonly JsonObject[]) => void) | undefined;
  /** The client's own body, for members an answer must echo. */
  request: JsonObject;
  requestId: string;
  /** Set where the answer is one of several to the same request. */
  choice?: Choice;
};

/** One of several answers: its place, and whether the end of it, which is now, ends the whole. */
export type Choice = { index: number; endsAll: () => boolean };

/** Where a body has only the id in place of something in an earlier answer. */
export type Reference = { path: (string | number)[]; id: string };

/** Reads one upstream stream. Total: bad frames become an `error` event, nothing throws. */
export interface StreamDecoder {
  /** What the answer has reported so far of its tokens. */
  readonly usage: Usage | undefined;
  /** The code that has run in the answer so far, which some providers count only at its end. */
  readonly code?: CodeSeen;
  /** Events the frame stands for, in grammar order; none after `finish` or `error`. */
  push(frame: SseFrame): StreamEvent[];
  /** The upstream closed. Ends an unfinished answer with the error `upstream_truncated`. */
  end(): StreamEvent[];
  /** The last frame may have been the last one: only the close of the connection tells. */
  readonly mayBeOver?: boolean;
  /** Why it ends has been told, so that a count of tokens is that of the whole answer; absent where that is no sign. */
  readonly isEnding?: boolean;
  /** The answer has ended without a count of its tokens, which may still follow before the connection closes. */
  readonly awaitsUsage?: boolean;
}

/** Writes one client stream. Whatever order of events comes, what goes out is legal for the format. */
export interface StreamEncoder {
  /** Wire text for the event, complete frames only, possibly empty. After `finish` or `error`: always empty. */
  push(event: StreamEvent): string;
}

/** Sets right what vendors say wrongly in a stream that passes as it came. It never throws. */
export interface StreamMender {
  /** Raw frames on their way, also those that nobody decodes. */
  notice(frames: Uint8Array): void;
  /** What leaves in place of a frame that tells of usage, a finish or the end; empty for nothing. */
  mend(raw: Uint8Array, frame: SseFrame): Uint8Array;
}

/** An answer as it leaves, and what was mended in it. */
export type Mended = { bytes: Uint8Array; losses: Loss[] };

/** Keeps the content of one stream back until it can be mended as a whole. */
export interface HeldAnswer {
  /** Content is being kept back. */
  readonly isHolding: boolean;
  /** Takes whole frames; returns those that may leave at once. */
  push(bytes: Uint8Array): Uint8Array;
  /** All that was kept back, mended. */
  release(): Mended;
  /** The same untouched, for a stream that failed. */
  asItCame(): Uint8Array;
}

/** How the raw bytes of this format's streams give themselves away without being parsed. */
export type Telltale = {
  /**
   * A frame that contains none of these carries no usage, no finish, no error and no end. Every byte of a stream is
   * searched for them, by their first and last byte: quotes at both ends, which JSON is full of, take thrice as long.
   */
  needles: string[];
  /** What the gateway sends while an answer is silent; understood by every client of the format. */
  beat: string;
  /** Ends a stream whose upstream told why it stopped but closed before its own last words. */
  farewell: string;
  /** Where the model's name stands in a frame that carries it. */
  modelPath: string[];
  /** Where the last frames of a stream carry the usage; a whole answer has the last of these names at its top. */
  usagePath: string[];
  /** How a whole answer shows without being decoded that it is a good one, and what it used. */
  whole: {
    /** Top-level members, in quotes, that `usage` reads; providers write them last. */
    members: string[];
    /** One of these is in every answer. */
    signs: string[];
    /** Where one of these is, only the decoder can tell. */
    doubts: string[];
    /** The usage out of these members; undefined when it is not there. */
    usage(members: JsonObject): Usage | undefined;
  };
};

/** How an answer goes on that its provider has stopped in the middle. */
export type Continuing = {
  /** So many further requests at most. */
  requestsMax: number;
  /** Whether the answer to this request can stop like that. */
  mayStop(body: JsonObject): boolean;
  /** Clients of the same format are told in its own word and go on themselves. */
  hasWord: boolean;
  /** The request for the rest repeats what came so far. */
  repeats: boolean;
  /** That request; undefined when the answer is over. `body` is that of the first one, `answer` what came so far. */
  next(body: Uint8Array, answer: CanonicalResponse): Uint8Array | undefined;
};

/** How the vendors of a format count the tokens of a prompt for nothing. */
export type Counting = {
  /** Where that is asked, behind a provider's base URL. */
  path(model: string): string;
  /** The count in their answer; undefined when it is none. */
  read(answer: JsonObject): number | undefined;
  /** Such an answer. */
  write(tokens: number): JsonObject;
};

/** Requests a minute, those left, and the seconds until one more is. */
export type Rate = { limit: number; remaining: number; resetS: number };

/** Every provider that speaks a format, or the format's author alone. */
export type Takers = 'all' | 'author';

/** How a client of a format lets its provider ask other models than the one it names. */
export type AskingOthers = {
  /** The member with the models that may answer in its place. */
  member?: 'fallbacks' | 'models';
  /** Tools of the format's author may each name a model that gives advice. */
  byTools?: boolean;
  /** Where an answer names who took part: its one `model`, or `usage.iterations` for each request that it took. */
  toldIn?: 'model' | 'iterations';
  /** Members of other formats that routers take in this one too; which model would answer is not known then. */
  unread?: readonly string[];
};

/** What a request says of how much it wants; undefined where it does not say. */
export type Wishes = { outputCap: number | undefined; answers: number | undefined };

export type Codec = {
  id: FormatId;
  /** The provider whose format it is: it takes more of it than those who merely speak it. */
  author: string;
  /** Absent: answers. Anything else has no words in it, so that no output is counted, and models are made for it. */
  makes?: 'embeddings';
  /** Whose seals this format carries as they are; undefined when it has no place for any. */
  issuer?: string;
  /**
   * The body with only such sealed reasoning as `show` lets through: it gets each seal and answers with what stands
   * in its place, undefined to leave the reasoning out. The same object when nothing changes.
   */
  showSeals?(body: JsonObject, show: (seal: string) => string | undefined): Converted<JsonObject>;
  /** What no answer of this format can show, so that it is lost. */
  hides?: readonly 'images'[];
  /** What no request of this format can say, so that the gateway sees to it itself. */
  lacks?: readonly 'json-mode'[];
  /** Throws Fault 400 for what cannot be had of the providers of another format. */
  refuseTranslated?(body: JsonObject): void;
  /** For formats whose streams count their tokens for those who ask for it only. */
  usageOnRequest?: { isAsked(body: JsonObject): boolean; edit: Edit };
  /** The provider keeps the answer, to be named in a later request. */
  storesAnswer?(body: JsonObject): boolean;
  /** What of earlier answers the body only names; its provider keeps that if `storesAnswer`. */
  references?(body: JsonObject): Reference[];
  /** What in a body changes its answer though the canonical request does not have it. */
  besides?(body: JsonObject): JsonObject;
  /** A schema of an answer has to be that of an object. */
  objectAnswers?: boolean;
  /** Prompts are cached only as far as they are marked. */
  cachesMarked?: boolean;
  /** Who finds a cached prompt by the key in a request. */
  cacheKey?: Takers;
  /** Who has tools in namespaces. */
  toolNamespaces?: Takers;
  /** Who has tools that take plain text. */
  textTools?: Takers;
  /** Names of tools must not begin with a digit or a dash. */
  letterFirst?: boolean;
  /** Names of their arguments must be plain ones; see `plainNamesFor`. */
  plainProperties?: boolean;
  /** Tools of the provider have names among those of the client's. */
  hostedNames?: boolean;
  /** Only models made for it search the web in this format; see `hasSearch`. */
  searchesApart?: boolean;
  /** Absent: no other model is asked. */
  asksOthers?: AskingOthers;
  /** Nothing is asked for the containers of a request. */
  freesContainers?(body: JsonObject): boolean;
  /** In its streams a text that has ended takes no more sources. */
  losesLateSources?: boolean;
  /** Where a client's body names the service tier it wants, or a speed that is one. */
  tierMembers: readonly string[];
  /** Tiers of this format that its vendors ask more for than their price. */
  dearTiers: readonly string[];
  /** Tiers that have two names. */
  tierTwins?: Readonly<Record<string, string>>;
  /** The header of an answer that names the tier, where its body may not. */
  tierHeader?: string;
  /** Members that act on the account behind the credential, which is not the client's. */
  accountMembers?: readonly string[];
  /** Headers of every request. */
  headers?: Readonly<Record<string, string>>;
  /** Headers that a written request needs beside those of every one. */
  headersFor?(body: JsonObject): Record<string, string>;
  /** The stop texts its vendors take; the gateway sees to all others itself. `blank`: also those of white space. */
  stops: { max: number; blank: boolean };
  /**
   * Answers that may be longer than so many tokens are always streamed by the provider, also for a client that wants
   * them whole: it gives up connections that are silent for as long as those take.
   */
  wholeTokensMax?: number;
  /** Where our clients send it; what stands before the model in formats with `readPath`. */
  route: string;
  /**
   * The most tokens that a client's body lets an answer have, and how many answers it asks for. What other formats call
   * these counts for nothing: vendors do not read it.
   */
  wishes(body: JsonObject): Wishes;
  /** A request that has this prompt and nothing else that need not be. */
  promptBody(text: string): JsonObject;
  /** Where a request goes, behind a provider's base URL. */
  path(address: Address): string;
  /**
   * What such a path says, in formats whose bodies say nothing of it; undefined for another path. Their absence means
   * that the body has `model` and `stream`.
   */
  readPath?(path: string): Address | undefined;
  /** Where a client's body names the model and what to write there; absent where that is `model`. */
  modelEdits?(model: string): Edit[];
  /** Reads what the body asks of the gateway itself, in formats that have a way to ask. Throws Fault 400. */
  extras?(body: JsonObject): Extras;
  /** Throws Fault 400 for what no gateway can keep: threads at the provider, answers that are fetched later. */
  refuseBody?(body: JsonObject): void;
  /** The member of an answer's body that names the model. */
  modelMember: string;
  /** Members that hold the arguments of a call, and what came of it, as JSON of their own: ids in it may have 64 bits. */
  payloadMembers?: readonly string[];
  /** The list in an answer's body that may hold several answers, each with its `index`. */
  choicesMember?: 'choices' | 'candidates';
  /** Prefix of answer ids: `chatcmpl-`, `resp_`, `msg_`. */
  idPrefix: string;
  /** `error.type` in this format's vocabulary. */
  errorType(code: FaultCode): string;
  /** The status of `upstream_overloaded`, where that has one of its own. */
  overloadedStatus?: number;
  /** Says what is left this minute in headers that the format's client libraries read. */
  showRate?(headers: Pick<Headers, 'set'>, rate: Rate): void;
  /** The body of a refused request, in formats whose clients do not take the common one. */
  errorBody?(fault: Fault, requestId: string): JsonObject;
  /**
   * Reads a client's request that already passed the wire schema. Members without a counterpart are losses.
   * `address` is for formats whose bodies do not have it. Throws Fault 400 where dropping would change what is
   * answered or paid.
   */
  decodeRequest(body: JsonObject, address?: Address): Converted<CanonicalRequest>;
  /** Writes a request for an upstream. Throws Fault `unsupported_parameter` as above; paths are the client's. */
  encodeRequest(request: CanonicalRequest, target: Target): Converted<JsonObject>;
  /** Reads a whole answer; throws Fault `bad_gateway` when it is none, or the fault it reports. */
  decodeResponse(body: JsonObject): CanonicalResponse;
  encodeResponse(response: CanonicalResponse, dress: Dress): JsonObject;
  streamDecoder(): StreamDecoder;
  streamEncoder(dress: Dress): StreamEncoder;
  /** Reads an upstream's error body (parsed JSON, or text) into what our client may see. */
  decodeError(status: number, body: unknown, headers: HeaderValues): Fault;
  telltale: Telltale;
  /** For formats that have a way to ask for it. */
  counting?: Counting;
  /** For formats whose vendors may stop an answer in the middle and go on when asked. */
  continuing?: Continuing;
  /** For formats whose vendors end their answers in ways that break clients. */
  mending?: { stream(): StreamMender; whole(bytes: Uint8Array, request: JsonObject): Uint8Array };
  /** For formats whose clients can have broken JSON mended; see `Extras`. */
  healing?: { stream(): HeldAnswer; whole(bytes: Uint8Array): Mended };
  /**
   * Frames that break off a stream whose own frames went through untouched: `first` is the data of its first
   * frame, `frames` how many have gone out.
   */
  breakOff(fault: Fault, seen: { first: JsonObject | undefined; frames: number; requestId: string }): string;
};
