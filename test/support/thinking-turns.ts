// What thinking models of each format say in three tool turns, with every kind of state they want back.

import type { WireFormat } from './script.ts';
import type { Json } from './strict.ts';

/** The parts of one answer as its own format writes them: blocks, items, parts, or one message. */
export type Said = Json[];

const USE = { type: 'tool_use', name: 'look_up', input: { place: 'Bergen' }, caller: { type: 'direct' } };
const CALL = { type: 'function_call', name: 'look_up', arguments: '{"place":"Bergen"}', status: 'completed' };
const ASKED = { name: 'look_up', args: { place: 'Bergen' } };
const FUNCTION = { name: 'look_up', arguments: '{"place":"Bergen"}' };

function summaries(...texts: string[]): Json[] {
  return texts.map((text) => ({ type: 'summary_text', text }));
}

/** Seals look like the real ones: base64 with its three odd characters. */
export const TURNS: Record<WireFormat, Said[]> = {
  'anthropic-messages': [
    [
      { type: 'thinking', thinking: 'Rain?\n\nLikely 🌧.', signature: 'Ant1/seal+A==' },
      { type: 'redacted_thinking', data: 'Ant2/seal+redacted==' },
      { type: 'text', text: 'I look.' },
      { ...USE, id: 'toolu_1' },
    ],
    [
      { type: 'thinking', thinking: '', signature: 'Ant3/seal+hidden==' },
      { ...USE, id: 'toolu_2' },
      { ...USE, id: 'toolu_3' },
    ],
    [
      { type: 'thinking', thinking: 'Once more.', signature: 'Ant4/seal+B==' },
      { ...USE, id: 'toolu_4' },
    ],
  ],
  'openai-responses': [
    [
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: summaries('Rain?', 'Likely 🌧.'),
        encrypted_content: 'Oai1/seal+A==',
      },
      { ...CALL, id: 'fc_1', call_id: 'call_1' },
    ],
    [
      { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: 'Oai2/seal+hidden==' },
      { ...CALL, id: 'fc_2', call_id: 'call_2' },
      { ...CALL, id: 'fc_3', call_id: 'call_3' },
    ],
    [
      {
        type: 'reasoning',
        id: 'rs_3',
        summary: [],
        content: [{ type: 'reasoning_text', text: 'Once more.' }],
        encrypted_content: 'Oai3/seal+raw==',
      },
      { ...CALL, id: 'fc_4', call_id: 'call_4' },
    ],
  ],
  'google-generate-content': [
    [
      { text: 'Rain? Likely 🌧.', thought: true },
      { functionCall: { ...ASKED, id: 'g1' }, thoughtSignature: 'Goo1/seal+A==' },
    ],
    [
      { text: 'I look twice.', thoughtSignature: 'Goo2/seal+text==' },
      { functionCall: { ...ASKED, id: 'g2' }, thoughtSignature: 'Goo3/seal+call==' },
      { functionCall: { ...ASKED, id: 'g3' } },
    ],
    [{ functionCall: { ...ASKED, id: 'g4' }, thoughtSignature: 'Goo4/seal+B==' }],
  ],
  // as DeepSeek, as OpenRouter and as the compatible side of Google
  'openai-chat': [
    [
      {
        role: 'assistant',
        content: 'I look.',
        reasoning_content: 'Rain? Likely 🌧, says DeepSeek.',
        tool_calls: [{ id: 'c1', type: 'function', function: FUNCTION }],
      },
    ],
    [
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'Twice, says OpenRouter.',
        reasoning_details: [
          {
            type: 'reasoning.text',
            text: 'Twice, says OpenRouter.',
            signature: 'Cha1/seal+text==',
            format: 'anthropic-claude-v1',
            index: 0,
          },
          { type: 'reasoning.encrypted', data: 'Cha2/seal+encrypted==', id: 'rs_c', index: 1 },
        ],
        tool_calls: [
          { id: 'c2', type: 'function', function: FUNCTION },
          { id: 'c3', type: 'function', function: FUNCTION },
        ],
      },
    ],
    [
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'Once more, says Google.',
        tool_calls: [
          {
            id: 'c4',
            type: 'function',
            function: FUNCTION,
            extra_content: { google: { thought_signature: 'Cha3/seal+call==' } },
          },
        ],
      },
    ],
  ],
};

/** What ends the loop. */
export const LAST: Record<WireFormat, Said> = {
  'anthropic-messages': [{ type: 'text', text: 'It will rain.' }],
  'openai-responses': [
    {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'It will rain.', annotations: [] }],
    },
  ],
  'google-generate-content': [{ text: 'It will rain.' }],
  'openai-chat': [{ role: 'assistant', content: 'It will rain.' }],
};

/** Everything in the turns of a format that only its issuer may see again. */
export function sealsOf(format: WireFormat): string[] {
  return JSON.stringify(TURNS[format]).match(/(Ant|Oai|Goo|Cha)\d\/seal\+[\w=]+/g) ?? [];
}

/** What a request gives back of the turns of its format: all state and every call, in order, one list a turn. */
export function givenBack(format: WireFormat, body: Json): Json[][] {
  return READERS[format](body).filter((turn) => turn.length > 0);
}

/** The same of turns as they were said. */
export function expected(format: WireFormat, turns: Said[]): Json[][] {
  return turns.map((turn) => turn.flatMap(KEPT[format]));
}

const KEPT: Record<WireFormat, (part: Json) => Json[]> = {
  'anthropic-messages': (block) => {
    if (block.type === 'tool_use') return [{ type: block.type, id: block.id }];
    return block.type === 'text' ? [] : [block];
  },
  'openai-responses': ({ status: _, ...item }) => {
    if (item.type === 'function_call') return [{ type: item.type, call_id: item.call_id }];
    return item.type === 'reasoning' ? [item] : [];
  },
  'google-generate-content': (part) => {
    const { id } = (part.functionCall ?? {}) as Json;
    // the library keeps every piece of a stream, empty ones too
    if (part.thought === true || (part.text === '' && !part.thoughtSignature)) return [];
    return [id === undefined ? part : { id, thoughtSignature: part.thoughtSignature }];
  },
  'openai-chat': (message) => [
    {
      reasoning_content: message.reasoning_content,
      reasoning_details: message.reasoning_details,
      calls: (message.tool_calls as Json[]).map((call) => [call.id, call.extra_content]),
    },
  ],
};

const READERS: Record<WireFormat, (body: Json) => Json[][]> = {
  'anthropic-messages': (body) =>
    turnsOf(body.messages, 'assistant', (message) => message.content as Json[], 'anthropic-messages'),
  'google-generate-content': (body) =>
    turnsOf(body.contents, 'model', (content) => content.parts as Json[], 'google-generate-content'),
  'openai-chat': (body) => turnsOf(body.messages, 'assistant', (message) => [message], 'openai-chat'),
  'openai-responses': (body) => {
    const turns: Json[][] = [[]];
    for (const item of body.input as Json[]) {
      if (item.type === 'function_call_output') turns.push([]);
      else turns.at(-1)?.push(...KEPT['openai-responses'](item));
    }
    return turns;
  },
};

function turnsOf(list: unknown, role: string, parts: (turn: Json) => Json[], format: WireFormat): Json[][] {
  return (list as Json[])
    .filter((turn) => turn.role === role)
    .map((turn) => parts(turn).flatMap(KEPT[format]));
}
