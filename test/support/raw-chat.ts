// Chat chunks one by one, for tests that order them as no well-behaved vendor would.

const HEAD = { id: 'chatcmpl-raw', object: 'chat.completion.chunk', created: 1_763_700_000, model: 'vendor' };

/** One frame with any members in place of the usual ones. */
export function chunk(members: Record<string, unknown>): string {
  return `data: ${JSON.stringify({ ...HEAD, ...members })}\n\n`;
}

export function delta(value: Record<string, unknown>, finish: string | null = null): string {
  return chunk({ choices: [{ index: 0, delta: value, finish_reason: finish }] });
}

/** Fragments of calls, as many as there are, in one delta. */
export const calls = (...fragments: Record<string, unknown>[]): string => delta({ tool_calls: fragments });

/** A fragment as OpenAI sends the first one of a call. */
export function opening(index: number, id: string, name: string, args = ''): Record<string, unknown> {
  return { index, id, type: 'function', function: { name, arguments: args } };
}

export function args(index: number, text: string): Record<string, unknown> {
  return { index, function: { arguments: text } };
}

export const ROLE = delta({ role: 'assistant', content: '' });
export const USAGE = chunk({
  choices: [],
  usage: { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 },
});
export const DONE = 'data: [DONE]\n\n';
export const finish = (reason: string): string => delta({}, reason);
