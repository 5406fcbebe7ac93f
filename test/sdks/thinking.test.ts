// Thinking over three tool turns: its issuer gets back exactly what it gave, and nobody else gets any of it.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Target } from '../support/client.ts';
import { type InProcess, openHere } from '../support/in-process.ts';
import { FORMATS } from '../support/matrix.ts';
import type { WireFormat } from '../support/script.ts';
import { THINKING_CLIENTS } from '../support/thinking-clients.ts';
import { expected, givenBack, LAST, sealsOf, TURNS } from '../support/thinking-turns.ts';
import { startThinkingUpstream } from '../support/thinking-upstream.ts';
import { baseUrlOf } from '../support/wire.ts';

const THINKING: Record<WireFormat, string> = {
  'openai-chat': 'effort',
  'openai-responses': 'effort',
  'anthropic-messages': 'adaptive',
  'google-generate-content': 'effort',
};

describe('thinking over three tool turns', () => {
  const upstream = startThinkingUpstream();
  let here: InProcess;
  beforeAll(async () => {
    const provider = (format: WireFormat) => [
      `up-${format}`,
      {
        base_url: baseUrlOf(upstream.origin, format),
        format,
        auth: 'none',
        ...(format === 'openai-chat' ? { quirks: { reasoning_content: true } } : {}),
      },
    ];
    const model = (format: WireFormat) => [
      `${format}-model`,
      {
        price: { input: 0, output: 0 },
        capabilities: { thinking: THINKING[format] },
        deployments: [{ provider: `up-${format}`, model: 'gemini-3-thinker' }],
      },
    ];
    here = await openHere({
      sections: {
        providers: Object.fromEntries(FORMATS.map(provider)),
        models: Object.fromEntries(FORMATS.map(model)),
      },
    });
  });
  afterAll(async () => {
    await here.stop();
    await upstream.stop();
  });

  const target = (format: WireFormat): Target => ({
    origin: here.url,
    baseUrl: `${here.url}/v1`,
    key: here.key,
    model: `${format}-model`,
  });

  for (const client of THINKING_CLIENTS) {
    for (const format of FORMATS) {
      // what the library lost of its own format is not the gateway's to find again
      const isOwn = client.format === format && format === 'openai-chat';
      if (isOwn && (!client.echoes || client.name.includes('streamed'))) continue;
      test(`${client.name}, over ${format}`, async () => {
        const turns = TURNS[format];
        upstream.bodies.length = 0;
        upstream.script.splice(0, upstream.script.length, ...turns, LAST[format]);
        const talk = client.begin();
        for (const said of turns) {
          const { calls } = await talk.ask(target(format));
          expect(calls).toBe(said.filter(isCall).length || ((said[0]?.tool_calls as unknown[]) ?? []).length);
        }
        for (let turn = 1; turn < turns.length; turn++)
          expect(givenBack(format, upstream.bodies[turn] ?? {})).toEqual(
            expected(format, turns.slice(0, turn)),
          );
        await talk.ask(target(format));
        expect(givenBack(format, upstream.bodies[3] ?? {})).toEqual(expected(format, turns));

        for (const other of FORMATS) {
          if (other === format) continue;
          upstream.bodies.length = 0;
          upstream.script.splice(0, upstream.script.length, LAST[other]);
          await talk.ask(target(other));
          const sent = JSON.stringify(upstream.bodies[0]);
          for (const seal of [...sealsOf(format), 'osr1.']) expect(sent).not.toContain(seal);
        }
      });
    }
  }
});

function isCall(part: Record<string, unknown>): boolean {
  return part.type === 'tool_use' || part.type === 'function_call' || part.functionCall !== undefined;
}
