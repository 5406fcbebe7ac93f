// Chat answers as OpenAI and the vendors of its format write them, whole and streamed.

import { compact, type JsonObject, type JsonValue } from '../../src/lib/json.ts';
import type { Choices } from './choices.ts';
import { dressFrames, frame, MODEL, type Oddity, type WireAnswer } from './wire-answer.ts';

type Call = { id: string; name: string; input: string; custom: boolean };

/** One answer in Chat's shapes; `harmless` oddities change how it is said and not what. */
export function chatAnswer(c: Choices, oddity: Oddity): WireAnswer {
  const thought = c.chance(40) ? c.text() : undefined;
  const text = c.chance(75) ? c.text() : undefined;
  const refusal = c.chance(10) ? c.text() : undefined;
  const marks = text !== undefined && c.chance(20);
  const citations = text !== undefined && c.chance(20) ? c.list(1, 2, () => citation(c)) : [];
  const audio = c.chance(5) ? { id: c.word(), data: c.word(), transcript: c.text() } : undefined;
  const calls = c.chance(50) ? c.list(1, 3, () => call(c, oddity !== 'none')) : [];
  const cut = c.chance(10) ? c.one('length', 'content_filter') : undefined;
  const reason = cut ?? (calls.length > 0 ? c.one('tool_calls', 'stop') : 'stop');
  const usage = c.chance(80) ? chatUsage(c) : undefined;
  const tier = c.chance(30) ? { service_tier: c.one('default', 'priority', 'flex') } : {};
  const spelling = oddity === 'none' ? 'reasoning_content' : c.one('reasoning_content', 'reasoning');
  const head = { id: `chatcmpl-${c.word()}`, created: c.count(1_763_700_000), model: MODEL, ...tier };
  const textPieces = c.pieces(text ?? '');

  const message: JsonObject = {
    role: 'assistant',
    content: text ?? null,
    ...(thought === undefined ? {} : { [spelling]: thought }),
    refusal: refusal ?? null,
    ...(citations.length === 0 ? {} : { annotations: citations }),
    ...(audio === undefined ? {} : { audio: { ...audio, expires_at: 1_763_800_000 } }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map((one) => toolCall(one, one.input)) }),
  };
  const logprobs = marks ? { content: textPieces.map(logprob), refusal: null } : null;
  const body: JsonObject = {
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs, finish_reason: reason }],
    ...(usage === undefined ? {} : { usage }),
  };

  const odd = oddity !== 'none';
  const roleAlways = odd && c.chance(15);
  const usageAlways = odd && c.chance(15);
  const say = (choices: JsonValue[], members: JsonObject = {}): string =>
    frame({
      ...head,
      object: 'chat.completion.chunk',
      choices,
      ...(usageAlways && usage ? { usage } : {}),
      ...members,
    });
  const delta = (value: JsonObject, pieces?: string[]): string => {
    const spoken = roleAlways ? { role: 'assistant', ...value } : value;
    const tokens = marks && pieces ? { content: pieces.map(logprob), refusal: null } : null;
    return say([{ index: 0, delta: spoken, logprobs: tokens, finish_reason: null }]);
  };
  const frames: string[] = [];
  if (odd && c.chance(10)) frames.push(say([], { prompt_filter_results: [] }));
  if (!(odd && c.chance(15))) frames.push(delta({ role: 'assistant', content: '', refusal: null }));
  for (const piece of c.pieces(thought ?? '')) frames.push(delta({ [spelling]: piece }));
  for (const piece of textPieces) frames.push(delta({ content: piece }, [piece]));
  if (citations.length > 0) frames.push(delta({ annotations: citations }));
  for (const piece of c.pieces(refusal ?? '')) frames.push(delta({ refusal: piece }));
  if (audio) frames.push(...audioFrames(c, audio, delta));
  frames.push(...callFrames(c, calls, odd, delta));
  if (odd && c.chance(10)) frames.push(say([]));
  const last: JsonObject = { index: 0, delta: {}, logprobs: null, finish_reason: reason };
  const place = odd ? c.below(4) : 0;
  const inFinish = usage && place === 1 ? { usage } : {};
  frames.push(say([last], inFinish));
  const lastNeeded = frames.length - 1;
  if (odd && c.chance(10)) frames.push(say([last]));
  if (usage && place === 2) frames.push(frame({ ...head, object: 'chat.completion.chunk', usage }));
  else if (usage && place !== 1) frames.push(say([], { usage }));
  if (!(odd && c.chance(20))) {
    frames.push('data: [DONE]\n\n');
    if (odd && c.chance(10)) frames.push(delta({ content: 'after the end' }));
  }
  return { format: 'openai-chat', body, frames: dressFrames(c, frames, oddity), lastNeeded };
}

function citation(c: Choices): JsonObject {
  const start = c.below(3);
  const url_citation = {
    start_index: start,
    end_index: start + 1,
    title: c.text(),
    url: `https://e.com/${c.word()}`,
  };
  return { type: 'url_citation', url_citation };
}

function call(c: Choices, odd: boolean): Call {
  const custom = c.chance(15);
  const input = custom
    ? c.text()
    : c.one('{}', odd ? '' : '{}', JSON.stringify({ [c.word()]: c.text(), n: [1, null] }));
  return { id: `call_${c.word()}`, name: `tool_${c.word()}`, input, custom };
}

function toolCall({ id, name, custom }: Call, input: string): JsonObject {
  if (custom) return { id, type: 'custom', custom: { name, input } };
  return { id, type: 'function', function: { name, arguments: input } };
}

function logprob(piece: string): JsonObject {
  const bytes = [...new TextEncoder().encode(piece)];
  return { token: piece, logprob: -0.5, bytes, top_logprobs: [{ token: piece, logprob: -0.5, bytes }] };
}

type Delta = (value: JsonObject) => string;

function audioFrames(
  c: Choices,
  audio: { id: string; data: string; transcript: string },
  delta: Delta,
): string[] {
  return [
    delta({ audio: { id: audio.id, transcript: '' } }),
    ...c.pieces(audio.transcript).map((transcript) => delta({ audio: { transcript } })),
    ...c.pieces(audio.data).map((data) => delta({ audio: { data } })),
    delta({ audio: { expires_at: 1_763_800_000 } }),
  ];
}

/** Fragments of every call: in order or, since the format allows it, in turns. */
function callFrames(c: Choices, calls: Call[], odd: boolean, delta: Delta): string[] {
  const fragments = calls.map((one) => c.pieces(one.input));
  const style = odd
    ? c.one('proper', 'whole', 'repeat', 'nulls', 'unnumbered', 'from-one', 'gaps', 'together')
    : 'proper';
  const number = (k: number) => (style === 'from-one' ? k + 1 : style === 'gaps' ? k * 3 : k);
  const at = (k: number) => (style === 'unnumbered' ? {} : { index: number(k) });
  const content = odd && c.chance(30) ? { content: null } : {};
  const open = (one: Call, k: number): JsonObject => ({ ...at(k), ...toolCall(one, '') });
  const more = (one: Call, k: number, input: string): JsonObject => {
    const body = one.custom ? { custom: { input } } : { function: { arguments: input } };
    if (style === 'repeat') return { ...at(k), ...toolCall(one, input) };
    if (style !== 'nulls') return { ...at(k), ...body };
    const blank = c.one(null, '');
    const nameless = one.custom ? { name: blank, input } : { name: blank, arguments: input };
    return { ...at(k), id: blank, ...(one.custom ? { custom: nameless } : { function: nameless }) };
  };
  if (style === 'whole')
    return calls.map((one, k) =>
      delta({ ...content, tool_calls: [{ ...at(k), ...toolCall(one, one.input) }] }),
    );
  if (style === 'together') {
    const whole = calls.map((one, k) => ({ ...at(k), ...toolCall(one, one.input) }));
    return whole.length === 0 ? [] : [delta({ ...content, tool_calls: whole })];
  }
  if (style === 'unnumbered' || !c.chance(40))
    return calls.flatMap((one, k) => [
      delta({ ...content, tool_calls: [open(one, k)] }),
      ...(fragments[k] ?? []).map((piece) => delta({ ...content, tool_calls: [more(one, k, piece)] })),
    ]);
  const rounds = Math.max(0, ...fragments.map((list) => list.length));
  const out = calls.map((one, k) => delta({ tool_calls: [open(one, k)] }));
  for (let round = 0; round < rounds; round++) {
    calls.forEach((one, k) => {
      const piece = fragments[k]?.[round];
      if (piece !== undefined) out.push(delta({ ...content, tool_calls: [more(one, k, piece)] }));
    });
  }
  return out;
}

/** Token counts whose classes fit into their totals. */
function chatUsage(c: Choices): JsonObject {
  const cached = c.below(50);
  const written = c.below(20);
  const prompt = cached + written + c.below(200);
  const reasoning = c.below(40);
  const completion = reasoning + c.below(100);
  return compact({
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: c.one<JsonValue | undefined>(
      { cached_tokens: cached, cache_write_tokens: written, audio_tokens: 0 },
      { cached_tokens: cached },
      null,
      undefined,
    ),
    completion_tokens_details: c.one<JsonValue | undefined>(
      { reasoning_tokens: reasoning, audio_tokens: 0 },
      null,
      undefined,
    ),
  });
}
