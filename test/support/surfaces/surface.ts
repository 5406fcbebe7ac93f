// A surface of a client library: one of its ways to ask a model, and what a good answer gives through it.

import { z } from 'zod';
import type { Target } from '../client.ts';
import type { Turn, WireFormat } from '../script.ts';

export type Job = { target: Target; prompt: string; retries: number };

export type Surface = {
  /** Library and call, as its documentation names it. */
  name: string;
  format: WireFormat;
  task: keyof typeof TASKS;
  /** Asks, and resolves to what `TASKS` says of its task, or rejects as the library does. */
  use(job: Job): Promise<unknown>;
};

const TEXT = 'Rain 🌧 in the morning, é à 日本, then a long dry afternoon with a little wind. '
  .repeat(6)
  .trim();

export const FORECAST = z.object({
  city: z.string(),
  days: z.array(z.object({ name: z.string(), high: z.number() })),
  summary: z.string(),
});
const VALUE = {
  city: 'São Paulo',
  days: [
    { name: 'Monday', high: 31.5 },
    { name: 'Tuesday', high: -2 },
  ],
  summary: TEXT,
};

export const LOOK_UP = z.object({ place: z.string(), why: z.string() });
const ARGS = { place: 'Bergen', why: TEXT };
const CALL = { id: 'call_scripted0', name: 'look_up', args: JSON.stringify(ARGS) };

/** The result of the only tool there is; only the right arguments give it. */
export function lookUp(args: unknown): string {
  return JSON.stringify(args) === JSON.stringify(ARGS) ? 'wet' : `not asked for ${JSON.stringify(args)}`;
}
export const LOOK_UP_ABOUT = 'Looks up the weather at a place.';
export const LOOK_UP_SCHEMA = {
  type: 'object' as const,
  properties: { place: { type: 'string' as const }, why: { type: 'string' as const } },
  required: ['place', 'why'],
  additionalProperties: false as const,
};

/** What the model says, turn by turn, and what the surface then gives. */
export const TASKS = {
  /** The text. */
  text: { turns: [{ text: TEXT }], gives: TEXT },
  /** The text, after the library itself has run the tool. */
  tools: { turns: [{ text: 'I look.', calls: [CALL] }, { text: TEXT }], gives: TEXT },
  /** The decoded arguments of the call. */
  call: { turns: [{ text: 'I look.', calls: [CALL] }], gives: ARGS },
  /** The value in the shape of `FORECAST`. */
  value: { turns: [{ value: VALUE }], gives: VALUE },
} as const satisfies Record<string, { turns: Turn[]; gives: unknown }>;

/** The value, or an error that says what is missing: libraries type as absent what a good answer has. */
export function present<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`the library gave no ${what}`);
  return value;
}
