// What a scripted upstream is told to answer: turns, how each may break, and how its bytes are cut.

/** Formats whose bodies name the model. */
export type BodyFormat = 'openai-chat' | 'openai-responses' | 'anthropic-messages';

export type WireFormat = BodyFormat | 'google-generate-content';

export const WIRE_FORMATS: readonly WireFormat[] = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'google-generate-content',
];

/** A tool call the model makes; `args` is the argument string exactly as it goes on the wire. */
export type ScriptedCall = {
  id: string;
  name: string;
  args: string;
  /** Of Responses: the group of tools it belongs to. */
  namespace?: string;
};

/** A search the provider ran itself, and the page that a piece of its text then cites. */
export type ScriptedSearch = { query: string; url: string; title: string; cited: string };

/** Code in Python that the provider ran itself, and what it printed. */
export type ScriptedCode = { source: string; printed: string };

/** A search among deferred tools, and the tools that it found. */
export type ScriptedFind = { query: string; names: string[] };

/** A tool of a remote MCP server that the provider called, with its arguments as JSON, and what it gave. */
export type ScriptedRemote = { server: string; name: string; args: string; output: string };

/** Tokens as a provider counts them: `input` holds `cached`, `output` holds `reasoning`. */
export type ScriptedUsage = { input: number; cached: number; output: number; reasoning: number };

export type Finish = 'end' | 'tool' | 'length' | 'stop' | 'refusal';

/** An HTTP error instead of an answer; the body takes the native shape of the asked format. */
export type ScriptedError = {
  status: number;
  type: string;
  message: string;
  headers?: Record<string, string>;
};

/** How the bytes of a body leave: in one write, one write per frame, n bytes each, or inside code points. */
export type Cutting =
  | { kind: 'whole' }
  | { kind: 'frame' }
  | { kind: 'bytes'; size: number }
  | { kind: 'inside-code-points' };

export type Turn = {
  reasoning?: string;
  text?: string;
  calls?: ScriptedCall[];
  search?: ScriptedSearch;
  /** Of formats that have a tool for it. */
  code?: ScriptedCode;
  finds?: ScriptedFind;
  remote?: ScriptedRemote;
  usage?: ScriptedUsage;
  finish?: Finish;
  /** The words of a refusal, of which not every format has any. */
  refusal?: string;
  /** The stop sequence that ended it, where the format tells. */
  stopSequence?: string;
  /** A value the request asks for: said as the text, or as the arguments of the tool that must be called. */
  value?: unknown;
  /** Arguments of several calls arrive in turns of fragments (formats that allow it). */
  interleaved?: boolean;
  /** Answered instead of everything else. */
  error?: ScriptedError;
  /** Stream only: after so many frames the native error frame is sent and the stream ends. */
  failAfterFrames?: { frames: number; type: string; message: string };
  /** Stream only: after so many frames the body ends without its terminal event. */
  stopAfterFrames?: number;
  /** The same, as a page of a proxy before the provider. */
  page?: { status: number; html: string };
  /** After so many frames, or before a whole answer, the upstream falls silent until its caller leaves. */
  silentAfterFrames?: number;
  /**
   * Half of the answer comes. Then `end`: nothing more, as if that were all; `error`: a stream says the provider's
   * error and a whole answer's connection is reset; `garbage`: events whose JSON is broken, or half a body;
   */
  halfway?: 'end' | 'error' | 'garbage';
  /** Stream only: all of it comes but why it ended. `silently`: and nothing behind that; `politely`: the farewell does. */
  unfinished?: 'silently' | 'politely';
  /** Before the first byte. */
  delayMs?: number;
  /** It is not answered before this. */
  until?: Promise<unknown>;
  cutting?: Cutting;
};

/** What every wire builder gets beside the turn: who is answered, under which ids. */
export type Asked = {
  /** Position of this call in the script, from 0: part of every id. */
  position: number;
  model: string;
  stream: boolean;
  body: Record<string, unknown>;
};

/** Code runs only for those who have the tool, whatever the script says. */
export function mayRunCode({ body }: Asked): boolean {
  return (
    Array.isArray(body.tools) &&
    /"(code_interpreter|code_execution_|codeExecution)/.test(JSON.stringify(body.tools))
  );
}

/** Seconds since the epoch that every scripted answer bears. */
export const ANSWERED_AT = 1_763_700_000;

export const NO_USAGE: ScriptedUsage = { input: 11, cached: 0, output: 7, reasoning: 0 };

/** The reason a turn ended, from its script or from what it holds. */
export function finishOf(turn: Turn): Finish {
  if (turn.finish !== undefined) return turn.finish;
  if (turn.refusal !== undefined) return 'refusal';
  if (turn.stopSequence !== undefined) return 'stop';
  return (turn.calls?.length ?? 0) > 0 ? 'tool' : 'end';
}

/** The issuer-bound proof of a reasoning text: Anthropic's signature or OpenAI's encrypted content. */
export function sealOf(format: WireFormat, reasoning: string): string {
  return Buffer.from(`sealed by ${format}: ${reasoning}`).toString('base64');
}

/** A text in pieces of at most `size` code points; never cuts one in two. No piece for an empty text. */
export function piecesOf(text: string, size: number): string[] {
  const points = Array.from(text);
  const pieces: string[] = [];
  for (let at = 0; at < points.length; at += size) pieces.push(points.slice(at, at + size).join(''));
  return pieces;
}

/** Where the cited piece stands in a text, in code points. */
export function citedRange(text: string, { cited }: ScriptedSearch): { start: number; end: number } {
  const before = text.slice(0, text.indexOf(cited));
  const start = Array.from(before).length;
  return { start, end: start + Array.from(cited).length };
}

/** Argument fragments as a provider streams them: small ones in several pieces, big ones in larger. */
export function fragmentsOf(args: string): string[] {
  return piecesOf(args, args.length > 2_000 ? 700 : 9);
}

/** Fragments of several calls in sending order, each with its call's index. */
export function fragmentOrder(
  calls: ScriptedCall[],
  interleaved: boolean,
): [index: number, fragment: string][] {
  const lists = calls.map((call) => fragmentsOf(call.args));
  const order: [number, string][] = [];
  if (!interleaved) {
    for (const [index, list] of lists.entries()) for (const fragment of list) order.push([index, fragment]);
    return order;
  }
  const rounds = Math.max(0, ...lists.map((list) => list.length));
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, list] of lists.entries()) {
      const fragment = list[round];
      if (fragment !== undefined) order.push([index, fragment]);
    }
  }
  return order;
}
