// How Chat vendors have thinking asked for, all of it, beside what is read of it.

import type { JsonObject } from '../../lib/json.ts';

/** The switches of vendors, beside `reasoning_effort`. */
const SWITCHES = ['reasoning', 'thinking', 'enable_thinking', 'chat_template_kwargs', 'thinking_budget'];

/** Of several one wins, but for a provider of this format they all stand there. */
export function thinkingWishes(body: JsonObject): JsonObject {
  if (!SWITCHES.some((name) => name in body)) return {};
  return { thinking: ['reasoning_effort', ...SWITCHES].map((name) => body[name] ?? null) };
}
