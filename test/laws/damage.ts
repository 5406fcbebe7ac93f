// What can happen to a stream on its way: cuts, lost, repeated and shuffled frames, and things that are no frames.

import { isObject, type JsonObject, type JsonValue } from '../../src/lib/json.ts';
import type { Choices } from './choices.ts';
import type { WireAnswer } from './wire-answer.ts';

/** `truncated`: the reason to stop never arrived, so the answer must not end as a whole one. */
export type Damaged = { wire: Uint8Array; truncated: boolean };

/** The beginning of the stream up to any byte. */
export function cutAnywhere(c: Choices, answer: WireAnswer): Damaged {
  const whole = new TextEncoder().encode(answer.frames.join(''));
  const needed = new TextEncoder().encode(
    answer.frames
      .slice(0, answer.lastNeeded + 1)
      .join('')
      .trimEnd(),
  ).length;
  // mostly near the end, where the decisions are
  const cut = c.chance(50) ? c.below(whole.length + 1) : Math.max(0, needed - 40 + c.below(80));
  return { wire: whole.subarray(0, cut), truncated: cut < needed };
}

/** The frames after up to three accidents. */
export function damage(c: Choices, answer: WireAnswer): Uint8Array {
  const frames = [...answer.frames];
  c.list(1, 3, () => {
    const at = c.below(frames.length + 1);
    const frame = frames[at] ?? '';
    c.pick(
      () => frames.splice(at, 1),
      () => frames.splice(at, 0, frame),
      () => frames.splice(at, 1, ...frames.splice(c.below(frames.length + 1), 1), frame),
      () => frames.splice(at, 0, garbage(c)),
      () => frames.splice(at, 1, spoilt(c, frame)),
      () => frames.splice(at),
    );
  });
  return new TextEncoder().encode(frames.join(''));
}

const GARBAGE: readonly [string, ...string[]] = [
  'data: {"type":\n\n',
  'data: null\n\n',
  'data: []\n\n',
  'data: "text"\n\n',
  'data: {}\n\n',
  'data:\n\n',
  'event: error\ndata: {}\n\n',
  'data: {"error":{"message":"it broke","type":"server_error"}}\n\n',
  'data: {"error":"it broke"}\n\n',
  'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}\n\n',
  'event: error\ndata: {"type":"error","code":"server_error","message":"it broke","param":null}\n\n',
  '<html>502 Bad Gateway</html>\n\n',
  '\u0000\n\n',
  'data: [DONE]\n\n',
  'event: message_stop\ndata: {"type":"message_stop"}\n\n',
  'data: {"type":"response.completed"}\n\n',
  'data: {"type":"response.failed","response":{"status":"failed","error":null}}\n\n',
  'data: {"candidates":[{"content":{"parts":[null,{"functionCall":null},{"text":7}]}}]}\n\n',
  'data: {"candidates":[{"finishReason":"OTHER"}]}\n\n',
  'data: [{"error":{"code":503,"status":"UNAVAILABLE"}}]\n\n',
  'data: {"choices":[{"delta":{"content":5,"tool_calls":[null,{"function":null}]}}]}\n\n',
];

function garbage(c: Choices): string {
  return c.one(...GARBAGE);
}

/** One member somewhere in the frame becomes a value of another type, or goes away. */
function spoilt(c: Choices, frame: string): string {
  const at = frame.indexOf('{');
  if (at === -1) return frame;
  let value: JsonValue;
  try {
    value = JSON.parse(frame.slice(at)) as JsonValue;
  } catch {
    return frame;
  }
  const holders: JsonObject[] = [];
  const walk = (node: JsonValue) => {
    if (isObject(node)) holders.push(node);
    if (typeof node === 'object' && node !== null) for (const inner of Object.values(node)) walk(inner);
  };
  walk(value);
  const holder = holders[c.below(holders.length || 1)];
  const names = Object.keys(holder ?? {});
  const name = names[c.below(names.length || 1)];
  if (!holder || name === undefined) return frame;
  if (c.chance(30)) delete holder[name];
  else holder[name] = c.one<JsonValue>(null, 7, -1, 'word', [], {}, [null], true, 1e300);
  return `${frame.slice(0, at)}${JSON.stringify(value)}\n\n`;
}
