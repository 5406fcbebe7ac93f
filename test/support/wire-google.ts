// Gemini answers written by hand from the published shapes: body, stream frames, errors.

import {
  type Asked,
  finishOf,
  mayRunCode,
  NO_USAGE,
  piecesOf,
  type ScriptedUsage,
  sealOf,
  type Turn,
} from './script.ts';
import type { Json } from './strict.ts';

const FINISH_REASON = {
  end: 'STOP',
  tool: 'STOP',
  length: 'MAX_TOKENS',
  stop: 'STOP',
  refusal: 'SAFETY',
} as const;

/** The whole `GenerateContentResponse` of a turn. */
export function googleBody(turn: Turn, asked: Asked): Record<string, unknown> {
  const parts = [
    ...(turn.reasoning === undefined ? [] : [{ text: turn.reasoning, thought: true }]),
    ...codeParts(turn, asked),
    ...(turn.text === undefined ? [] : [{ text: turn.text, ...textSeal(turn) }]),
    ...callParts(turn),
  ];
  return {
    candidates: [
      {
        content: { parts, role: 'model' },
        finishReason: FINISH_REASON[finishOf(turn)],
        index: 0,
        ...groundingOf(turn),
      },
    ],
    usageMetadata: googleUsage(turn.usage ?? NO_USAGE),
    ...head(asked),
  };
}

/** The SSE frames of a turn: texts in pieces, calls whole, CRLF as Google writes it, and no last word. */
export function googleFrames(turn: Turn, asked: Asked): string[] {
  const usage = googleUsage(turn.usage ?? NO_USAGE);
  const frame = (parts: Json[], members: Json = {}): string => {
    const candidate = { content: { parts, role: 'model' }, ...members, index: 0 };
    const counted = members.finishReason === undefined ? { promptTokenCount: usage.promptTokenCount } : usage;
    return `data: ${JSON.stringify({ candidates: [candidate], usageMetadata: counted, ...head(asked) })}\r\n\r\n`;
  };
  const frames: string[] = [];
  for (const text of piecesOf(turn.reasoning ?? '', 12)) frames.push(frame([{ text, thought: true }]));
  for (const part of codeParts(turn, asked)) frames.push(frame([part]));
  for (const text of piecesOf(turn.text ?? '', 12)) frames.push(frame([{ text }]));
  const calls = callParts(turn);
  if (calls.length > 0) frames.push(frame(calls));
  // the signature of thoughts that led to no call comes at the very end
  const end = { text: '', ...textSeal(turn) };
  frames.push(frame([end], { finishReason: FINISH_REASON[finishOf(turn)], ...groundingOf(turn) }));
  return frames;
}

function codeParts({ code }: Turn, asked: Asked): Json[] {
  if (code === undefined || !mayRunCode(asked)) return [];
  return [
    { executableCode: { language: 'PYTHON', code: code.source } },
    { codeExecutionResult: { outcome: 'OUTCOME_OK', output: code.printed } },
  ];
}

/** Google counts bytes, and leaves a beginning of 0 out. */
function groundingOf({ text = '', search }: Turn): Json {
  if (search === undefined) return {};
  const { query, url, title, cited } = search;
  const startIndex = Buffer.byteLength(text.slice(0, text.indexOf(cited)));
  const segment = {
    ...(startIndex === 0 ? {} : { startIndex }),
    endIndex: startIndex + Buffer.byteLength(cited),
    text: cited,
  };
  return {
    groundingMetadata: {
      webSearchQueries: [query],
      searchEntryPoint: { renderedContent: '<div></div>' },
      groundingChunks: [{ web: { uri: url, title } }],
      groundingSupports: [{ segment, groundingChunkIndices: [0] }],
    },
  };
}

function head(asked: Asked): Json {
  return { modelVersion: asked.model, responseId: `scripted${asked.position}` };
}

/** Only the first call bears the signature of the thoughts. */
function callParts(turn: Turn): Json[] {
  return (turn.calls ?? []).map(({ id, name, args }, i) => ({
    functionCall: { id, name, args: args === '' ? {} : (JSON.parse(args) as Json) },
    ...(i === 0 ? seal(turn) : {}),
  }));
}

function textSeal(turn: Turn): Json {
  return (turn.calls ?? []).length > 0 ? {} : seal(turn);
}

/** Such models always think, also where they show nothing of it. */
function seal({ reasoning = '' }: Turn): Json {
  return { thoughtSignature: sealOf('google-generate-content', reasoning) };
}

const STATUSES: Record<string, [code: number, status: string]> = {
  invalid_request_error: [400, 'INVALID_ARGUMENT'],
  authentication_error: [401, 'UNAUTHENTICATED'],
  permission_error: [403, 'PERMISSION_DENIED'],
  not_found_error: [404, 'NOT_FOUND'],
  rate_limit_error: [429, 'RESOURCE_EXHAUSTED'],
  overloaded_error: [503, 'UNAVAILABLE'],
  api_error: [500, 'INTERNAL'],
};

/** The error body Google answers with. */
export function googleError(type: string, message: string): unknown {
  const [code, status] = STATUSES[type] ?? [500, 'INTERNAL'];
  return { error: { code, message, status } };
}

/** The frame that breaks a stream. */
export function googleErrorFrame(type: string, message: string): string {
  return `data: ${JSON.stringify(googleError(type, message))}\r\n\r\n`;
}

function googleUsage(usage: ScriptedUsage): Json {
  return {
    promptTokenCount: usage.input,
    candidatesTokenCount: usage.output - usage.reasoning,
    totalTokenCount: usage.input + usage.output,
    ...(usage.cached > 0 ? { cachedContentTokenCount: usage.cached } : {}),
    ...(usage.reasoning > 0 ? { thoughtsTokenCount: usage.reasoning } : {}),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: usage.input }],
  };
}
