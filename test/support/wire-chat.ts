// Chat Completions answers written by hand from the published shapes: body, stream frames, errors.

import {
  ANSWERED_AT,
  type Asked,
  citedRange,
  finishOf,
  fragmentOrder,
  NO_USAGE,
  piecesOf,
  type ScriptedUsage,
  type Turn,
} from './script.ts';

const FINISH_REASON = {
  end: 'stop',
  tool: 'tool_calls',
  length: 'length',
  stop: 'stop',
  refusal: 'stop',
} as const;

/** The whole `chat.completion` body of a turn. */
export function chatBody(turn: Turn, asked: Asked): Record<string, unknown> {
  const calls = turn.calls ?? [];
  return {
    id: `chatcmpl-scripted${asked.position}`,
    object: 'chat.completion',
    created: ANSWERED_AT,
    model: asked.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: turn.text ?? null,
          ...(turn.reasoning === undefined ? {} : { reasoning_content: turn.reasoning }),
          refusal: turn.refusal ?? null,
          annotations: annotationsOf(turn),
          ...(calls.length === 0
            ? {}
            : {
                tool_calls: calls.map((call) => ({
                  id: call.id,
                  type: 'function',
                  function: { name: call.name, arguments: call.args },
                })),
              }),
        },
        logprobs: null,
        finish_reason: FINISH_REASON[finishOf(turn)],
      },
    ],
    usage: chatUsage(turn.usage ?? NO_USAGE),
    service_tier: 'default',
    system_fingerprint: 'fp_scripted',
  };
}

function annotationsOf({ text = '', search }: Turn): unknown[] {
  if (search === undefined) return [];
  const { start, end } = citedRange(text, search);
  const { url, title } = search;
  return [{ type: 'url_citation', url_citation: { start_index: start, end_index: end, url, title } }];
}

/** The SSE frames of a turn, `[DONE]` last; a usage chunk only when the request asked for it. */
export function chatFrames(turn: Turn, asked: Asked): string[] {
  const options = asked.body.stream_options;
  const wantsUsage = typeof options === 'object' && options !== null && 'include_usage' in options;
  const frame = (choices: unknown[], usage: unknown = null): string =>
    `data: ${JSON.stringify({
      id: `chatcmpl-scripted${asked.position}`,
      object: 'chat.completion.chunk',
      created: ANSWERED_AT,
      model: asked.model,
      service_tier: 'default',
      system_fingerprint: 'fp_scripted',
      choices,
      ...(wantsUsage ? { usage } : {}),
    })}\n\n`;
  const delta = (value: unknown, finish: string | null = null): string =>
    frame([{ index: 0, delta: value, logprobs: null, finish_reason: finish }]);

  const calls = turn.calls ?? [];
  const open = (index: number): string => {
    const call = calls[index];
    return delta({
      tool_calls: [{ index, id: call?.id, type: 'function', function: { name: call?.name, arguments: '' } }],
    });
  };
  const frames = [delta({ role: 'assistant', content: turn.text === undefined ? null : '', refusal: null })];
  for (const piece of piecesOf(turn.reasoning ?? '', 12)) frames.push(delta({ reasoning_content: piece }));
  for (const piece of piecesOf(turn.text ?? '', 12)) frames.push(delta({ content: piece }));
  if (turn.search !== undefined) frames.push(delta({ annotations: annotationsOf(turn) }));
  for (const piece of piecesOf(turn.refusal ?? '', 12)) frames.push(delta({ refusal: piece }));
  const opened = new Set<number>();
  const openUpTo = (last: number): void => {
    for (let index = 0; index <= last; index += 1) {
      if (opened.has(index)) continue;
      opened.add(index);
      frames.push(open(index));
    }
  };
  for (const [index, fragment] of fragmentOrder(calls, turn.interleaved ?? false)) {
    openUpTo(index);
    frames.push(delta({ tool_calls: [{ index, function: { arguments: fragment } }] }));
  }
  openUpTo(calls.length - 1);
  frames.push(delta({}, FINISH_REASON[finishOf(turn)]));
  if (wantsUsage) frames.push(frame([], chatUsage(turn.usage ?? NO_USAGE)));
  frames.push('data: [DONE]\n\n');
  return frames;
}

/** The error body OpenAI answers with: all four members, null when unknown. */
export function openaiError(type: string, message: string, param: string | null = null): unknown {
  return { error: { message, type, param, code: null } };
}

/** The frame an OpenAI-compatible host sends when a stream breaks. */
export function chatErrorFrame(type: string, message: string): string {
  return `data: ${JSON.stringify(openaiError(type, message))}\n\n`;
}

function chatUsage(usage: ScriptedUsage): Record<string, unknown> {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
