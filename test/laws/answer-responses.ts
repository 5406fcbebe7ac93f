// Responses answers as OpenAI and the hosts of its format write them, whole and streamed.

import type { JsonObject } from '../../src/lib/json.ts';
import { type Item, responsesItem } from './answer-responses-items.ts';
import type { Choices } from './choices.ts';
import { dressFrames, frame, MODEL, type Oddity, type WireAnswer } from './wire-answer.ts';

/** Events that a reader can do without, as the events after them say the same again. */
const SPARE = [
  'response.in_progress',
  'response.content_part.added',
  'response.output_text.done',
  'response.content_part.done',
  'response.function_call_arguments.done',
  'response.reasoning_summary_part.added',
  'response.reasoning_summary_part.done',
  'response.reasoning_summary_text.done',
];

/** One answer in the Responses shapes; `harmless` oddities change how it is said and not what. */
export function responsesAnswer(c: Choices, oddity: Oddity): WireAnswer {
  const odd = oddity !== 'none';
  const items = c.list(0, 4, (index) => responsesItem(c, index, odd));
  const incomplete = c.chance(15) ? { reason: c.one('max_output_tokens', 'content_filter') } : null;
  const status = incomplete ? 'incomplete' : 'completed';
  const usage = c.chance(85) || !odd ? responsesUsage(c) : null;
  const searches = items.filter((item) => item.done.type === 'web_search_call').length;
  const hosted =
    searches > 0 && c.chance(50) ? { tool_usage: { web_search: { num_requests: searches } } } : {};
  const tier = c.chance(60) ? { service_tier: c.one('default', 'priority', 'flex') } : {};
  const shell: JsonObject = {
    id: `resp_${c.word()}`,
    object: 'response',
    created_at: c.count(1_763_700_000),
    model: MODEL,
    error: null,
    instructions: null,
    metadata: {},
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    ...tier,
  };
  const output = items.map((item) => item.done);
  const body: JsonObject = { ...shell, status, incomplete_details: incomplete, output, usage, ...hosted };
  const begun = { ...shell, status: 'in_progress', incomplete_details: null, output: [], usage: null };

  const events: JsonObject[] = [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    ...overlap(c, items),
  ];
  const emptied = odd && c.chance(15) ? { ...body, output: [] } : body;
  events.push({ type: `response.${status}`, response: emptied });
  const told =
    odd && c.chance(30)
      ? events.filter((event) => !(SPARE.includes(String(event.type)) && c.chance(50)))
      : events;
  const unnamed = odd && c.chance(20);
  const uncounted = odd && c.chance(20);
  const frames = told.map((event, sequence_number) =>
    frame(uncounted ? event : { ...event, sequence_number }, unnamed ? undefined : String(event.type)),
  );
  const lastNeeded = frames.length - 1;
  if (odd && c.chance(15)) frames.push('data: [DONE]\n\n');
  return { format: 'openai-responses', body, frames: dressFrames(c, frames, oddity), lastNeeded };
}

/** The items' events one after the other or, for calls, at the same time. */
function overlap(c: Choices, items: Item[]): JsonObject[] {
  const out: JsonObject[] = [];
  for (let at = 0; at < items.length; ) {
    const first = items[at];
    if (!first) break;
    let end = at + 1;
    if (first.isCall) while (items[end]?.isCall) end++;
    const group = items.slice(at, end);
    out.push(...(group.length > 1 && c.chance(50) ? inTurns(group) : group.flatMap((item) => item.events)));
    at = end;
  }
  return out;
}

function inTurns(items: Item[]): JsonObject[] {
  const out: JsonObject[] = [];
  const rounds = Math.max(...items.map((item) => item.events.length));
  for (let round = 0; round < rounds; round++) {
    for (const item of items) {
      const event = item.events[round];
      if (event) out.push(event);
    }
  }
  return out;
}

/** Token counts whose classes fit into their totals. */
function responsesUsage(c: Choices): JsonObject {
  const cached = c.below(50);
  const ttl30m = c.below(20);
  const ttl12h = c.below(20);
  const written = ttl30m + ttl12h + c.below(5);
  const input = cached + written + c.below(200);
  const reasoning = c.below(40);
  const output = reasoning + c.below(100);
  const split = c.chance(50)
    ? { cache_write_tokens_details: { ttl_30m_tokens: ttl30m, ttl_12h_tokens: ttl12h } }
    : {};
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached, cache_write_tokens: written, ...split },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  };
}
