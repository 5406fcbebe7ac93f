// Gemini answers as Google writes them, whole and streamed.

import { compact, type JsonObject } from '../../src/lib/json.ts';
import type { Choices } from './choices.ts';
import { dressFrames, frame, MODEL, type Oddity, type WireAnswer } from './wire-answer.ts';

/** One thing the model says: as it stands in a body, and the pieces of a stream. */
type Said = { whole: JsonObject; pieces: JsonObject[]; candidate?: JsonObject };

/** One answer in Google's shapes; `harmless` oddities change how it is said and not what. */
export function googleAnswer(c: Choices, oddity: Oddity): WireAnswer {
  const odd = oddity !== 'none';
  const head = { modelVersion: MODEL, responseId: `answer${c.word()}` };
  const usage = c.chance(85) ? googleUsage(c) : undefined;
  const usageMembers = usage === undefined ? {} : { usageMetadata: usage };
  if (c.chance(4)) {
    const promptFeedback = { blockReason: c.one('SAFETY', 'PROHIBITED_CONTENT', 'OTHER') };
    const body = { promptFeedback, ...usageMembers, ...head };
    return {
      format: 'google-generate-content',
      body,
      frames: dressFrames(c, [frame(body)], oddity),
      lastNeeded: 0,
    };
  }
  const said = [
    ...(c.chance(30) ? [thought(c)] : []),
    ...(c.chance(75) ? [text(c)] : []),
    ...c.list(0, 2, () =>
      c.pick(
        () => code(c),
        () => picture(c),
      ),
    ),
    ...(c.chance(15) ? [sound(c)] : []),
    ...(c.chance(50) ? c.list(1, 3, (i) => call(c, i === 0, odd)) : []),
    ...(c.chance(10) ? [{ whole: signature(c), pieces: [] }] : []),
  ];
  const reason = c.chance(15)
    ? c.one('MAX_TOKENS', 'SAFETY', 'RECITATION', 'MALFORMED_FUNCTION_CALL')
    : 'STOP';
  const ending: JsonObject = {
    finishReason: reason,
    ...(c.chance(10) ? { finishMessage: c.text() } : {}),
  };
  const candidates = said.flatMap(({ candidate }) => (candidate === undefined ? [] : [candidate]));
  const body: JsonObject = {
    candidates: [
      {
        content: { parts: said.map(({ whole }) => whole), role: 'model' },
        ...ending,
        index: 0,
        ...Object.assign({}, ...candidates),
      },
    ],
    ...usageMembers,
    ...head,
  };

  const reasonAlways = odd && c.chance(10);
  const usageAlways = c.chance(60);
  const withIndex = !(odd && c.chance(20));
  const piece = (parts: JsonObject[], members: JsonObject, isLast: boolean): string => {
    const early = usageAlways && usage ? { usageMetadata: { ...usage, candidatesTokenCount: 1 } } : {};
    const candidate = compact({
      content: { parts, role: 'model' },
      index: withIndex ? 0 : undefined,
      ...(reasonAlways ? { finishReason: reason } : {}),
      ...members,
    });
    return frame({ candidates: [candidate], ...(isLast ? usageMembers : early), ...head });
  };
  const frames: string[] = [];
  for (const one of said) {
    for (const part of one.pieces) frames.push(piece([part], {}, false));
    // the sources come in a piece of their own, behind the text
    const { groundingMetadata, urlContextMetadata } = one.candidate ?? {};
    const sources = compact({ groundingMetadata, urlContextMetadata });
    if (Object.keys(sources).length > 0) frames.push(piece([{ text: '' }], sources, false));
  }
  const last = said.at(-1)?.pieces.length === 0 ? [said.at(-1)?.whole ?? {}] : [];
  const end = last.length > 0 ? last : c.one<JsonObject[]>([{ text: '' }], []);
  frames.push(piece(end, ending, true));
  const lastNeeded = reasonAlways ? 0 : frames.length - 1;
  if (odd && c.chance(10)) frames.push(frame({ ...usageMembers, ...head }));
  return { format: 'google-generate-content', body, frames: dressFrames(c, frames, oddity), lastNeeded };
}

function thought(c: Choices): Said {
  const words = c.text();
  return {
    whole: { text: words, thought: true },
    pieces: c.pieces(words).map((piece) => ({ text: piece, thought: true })),
  };
}

function text(c: Choices): Said {
  const words = c.text();
  const said: Said = { whole: { text: words }, pieces: c.pieces(words).map((piece) => ({ text: piece })) };
  if (c.chance(30)) said.candidate = { groundingMetadata: grounding(c, words) };
  if (c.chance(20)) said.candidate = { ...said.candidate, urlContextMetadata: pagesRead(c) };
  return said;
}

/** Segments count bytes, and an index of 0 is left out. */
function grounding(c: Choices, words: string): JsonObject {
  const points = Array.from(words);
  const start = c.below(points.length);
  const end = start + 1 + c.below(points.length - start);
  const before = Buffer.byteLength(points.slice(0, start).join(''));
  const cited = points.slice(start, end).join('');
  const segment = compact({
    startIndex: before === 0 ? undefined : before,
    endIndex: before + Buffer.byteLength(cited),
    text: cited,
  });
  return {
    webSearchQueries: [c.text()],
    groundingChunks: [
      { web: { uri: `https://e.com/${c.word()}`, title: c.text() } },
      { web: { uri: `https://e.com/${c.word()}` } },
    ],
    groundingSupports: c.chance(80) ? [{ segment, groundingChunkIndices: [0] }] : [],
  };
}

function pagesRead(c: Choices): JsonObject {
  const status = c.one('URL_RETRIEVAL_STATUS_SUCCESS', 'URL_RETRIEVAL_STATUS_ERROR');
  return {
    urlMetadata: [{ retrievedUrl: `https://e.com/${c.word()}`, urlRetrievalStatus: status }],
  };
}

function code(c: Choices): Said {
  const whole = c.one<JsonObject>(
    { executableCode: { language: 'PYTHON', code: c.text() } },
    { codeExecutionResult: { outcome: 'OUTCOME_OK', output: c.text() } },
  );
  return { whole, pieces: [whole] };
}

function sound(c: Choices): Said {
  const whole = { inlineData: { mimeType: 'audio/wav', data: c.word() } };
  return { whole, pieces: [whole] };
}

function picture(c: Choices): Said {
  const whole = { inlineData: { mimeType: 'image/png', data: c.word() } };
  return { whole, pieces: [whole] };
}

/** The first call of an answer bears the signature of the thoughts before it. */
function call(c: Choices, isFirst: boolean, odd: boolean): Said {
  const functionCall = compact({
    id: odd && c.chance(30) ? undefined : `call_${c.word()}`,
    name: `tool_${c.word()}`,
    args: c.one(undefined, {}, { [c.word()]: c.text(), n: [1, null] }),
  });
  const whole = { functionCall, ...(isFirst && c.chance(60) ? { thoughtSignature: c.word() } : {}) };
  return { whole, pieces: [whole] };
}

/** At the very end of an answer, on a part without words. */
function signature(c: Choices): JsonObject {
  return { text: '', thoughtSignature: c.word() };
}

/** Token counts whose classes fit into their totals. */
function googleUsage(c: Choices): JsonObject {
  const cached = c.below(50);
  const prompt = cached + c.below(200);
  const [candidates, thoughts, tools] = [c.below(100), c.below(40), c.below(30)];
  return compact({
    promptTokenCount: prompt,
    candidatesTokenCount: candidates,
    totalTokenCount: prompt + candidates + thoughts + tools,
    cachedContentTokenCount: c.one(cached, cached, undefined),
    thoughtsTokenCount: c.one(thoughts, undefined),
    toolUsePromptTokenCount: c.one(tools, undefined),
    promptTokensDetails: c.one(undefined, [{ modality: 'TEXT', tokenCount: prompt }]),
    serviceTier: c.one(undefined, undefined, 'standard', 'flex'),
  });
}
