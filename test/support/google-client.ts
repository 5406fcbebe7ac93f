// Google's own library: whole answers, streams read by hand, and its chat.

import {
  type Content,
  type FunctionCall,
  type GenerateContentConfig,
  GoogleGenAI,
  type Part,
} from '@google/genai';
import type { Client, Outcome, Target, ToolBox } from './client.ts';
import { PROMPT, SYSTEM, TOOLS } from './scenarios.ts';

const CONFIG: GenerateContentConfig = {
  systemInstruction: SYSTEM,
  tools: [
    {
      functionDeclarations: TOOLS.map(({ name, description, parameters }) => ({
        name,
        description,
        parametersJsonSchema: parameters,
      })),
    },
  ],
  thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 },
  maxOutputTokens: 8000,
};

export function openGoogle(target: Pick<Target, 'origin' | 'key'>): GoogleGenAI {
  return new GoogleGenAI({ apiKey: target.key, httpOptions: { baseUrl: target.origin } });
}

type Told = { promptTokenCount?: number; candidatesTokenCount?: number; thoughtsTokenCount?: number };
type Usage = (Told & { cachedContentTokenCount?: number }) | undefined;

/** One turn of the model: its parts as they came, and what it cost. */
type Said = { parts: Part[]; usage: Usage };

class Count {
  readonly tokens = { input: 0, output: 0, cached: 0 };

  add(usage: Usage): void {
    this.tokens.input += usage?.promptTokenCount ?? 0;
    this.tokens.output += (usage?.candidatesTokenCount ?? 0) + (usage?.thoughtsTokenCount ?? 0);
    this.tokens.cached += usage?.cachedContentTokenCount ?? 0;
  }
}

function textOf(parts: Part[]): string {
  return parts.map((part) => (part.thought ? '' : (part.text ?? ''))).join('');
}

function callsOf(parts: Part[]): FunctionCall[] {
  return parts.flatMap((part) => (part.functionCall ? [part.functionCall] : []));
}

function runAll(calls: FunctionCall[], tools: ToolBox): Part[] {
  return calls.map(({ id, name = '', args }) => ({
    functionResponse: {
      ...(id === undefined ? {} : { id }),
      name,
      response: { result: tools.run(name, args) },
    },
  }));
}

/** Asks until the model stops calling tools, sending back all it said. */
async function loop(ask: (contents: Content[]) => Promise<Said>, tools: ToolBox): Promise<Outcome> {
  const contents: Content[] = [{ role: 'user', parts: [{ text: PROMPT }] }];
  const count = new Count();
  for (let turn = 0; turn < 4; turn += 1) {
    const { parts, usage } = await ask(contents);
    count.add(usage);
    const calls = callsOf(parts);
    if (calls.length === 0) return { text: textOf(parts), tokens: count.tokens };
    contents.push({ role: 'model', parts }, { role: 'user', parts: runAll(calls, tools) });
  }
  throw new Error('the model never stopped calling tools');
}

export const GOOGLE_CLIENTS: Client[] = [
  {
    name: 'genai-plain',
    format: 'google-generate-content',
    echoesReasoning: true,
    converse: (target, tools) =>
      loop(async (contents) => {
        const { model } = target;
        const answer = await openGoogle(target).models.generateContent({ model, contents, config: CONFIG });
        return { parts: answer.candidates?.[0]?.content?.parts ?? [], usage: answer.usageMetadata };
      }, tools),
  },
  {
    name: 'genai-stream',
    format: 'google-generate-content',
    echoesReasoning: true,
    converse: (target, tools) =>
      loop(async (contents) => {
        const { model } = target;
        const stream = await openGoogle(target).models.generateContentStream({
          model,
          contents,
          config: CONFIG,
        });
        const said: Said = { parts: [], usage: undefined };
        let reason: string | undefined;
        for await (const piece of stream) {
          said.parts.push(...(piece.candidates?.[0]?.content?.parts ?? []));
          said.usage = piece.usageMetadata ?? said.usage;
          reason = piece.candidates?.[0]?.finishReason ?? reason;
        }
        if (reason === undefined) throw new Error('the stream had no finish');
        return said;
      }, tools),
  },
  {
    name: 'genai-chat',
    format: 'google-generate-content',
    echoesReasoning: true,
    converse: (target, tools) => {
      const chat = openGoogle(target).chats.create({ model: target.model, config: CONFIG });
      let sent = 0;
      return loop(async (contents) => {
        // the chat keeps the history itself
        const message = contents.at(-1)?.parts ?? [];
        sent += 1;
        const answer = await chat.sendMessage({ message });
        if (chat.getHistory().length !== sent * 2) throw new Error('the library found the answer invalid');
        return { parts: answer.candidates?.[0]?.content?.parts ?? [], usage: answer.usageMetadata };
      }, tools);
    },
  },
];
