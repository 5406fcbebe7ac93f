// Small pieces of wire requests that more than one format has.

import type { JsonObject } from '../../src/lib/json.ts';
import type { Choices } from './choices.ts';

export function jsonSchema(c: Choices): JsonObject {
  return {
    type: 'object',
    properties: {
      [c.word()]: {
        type: 'string',
        description: c.text(),
        ...c.members(20, { enum: () => [c.word()], pattern: () => `^${c.word()}$` }),
      },
    },
    ...c.members(30, {
      required: () => [c.word()],
      additionalProperties: () => false,
      description: () => c.text(),
    }),
  };
}

/** Arguments as text: whole JSON mostly, and what models write instead. */
export function callArguments(c: Choices): string {
  return c.pick(
    () => JSON.stringify({ [c.word()]: c.text(), deep: { list: [c.word(), 1.5, true, null] } }),
    () => JSON.stringify({ [c.word()]: c.text() }),
    () => '{}',
    () => '',
    () => `{"${c.word()}": `,
    () => `["${c.word()}"]`,
  );
}

export function location(c: Choices): JsonObject {
  return c.members(60, {
    city: () => c.word(),
    region: () => c.word(),
    country: () => c.word(),
    timezone: () => c.word(),
  });
}

export function toolName(c: Choices): string {
  return c.one(`tool_${c.word()}`, `tool_${c.word()}`, `tool.${c.word()}/odd`);
}

export function dataUrl(c: Choices, type: string): string {
  return `data:${type};base64,${c.word()}`;
}
