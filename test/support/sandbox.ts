// Asks the sandbox in any wire format and reads its answers back through the format's own decoder.

import type { Fault } from '../../src/canonical/fault.ts';
import { Fold } from '../../src/canonical/fold.ts';
import type { FormatId } from '../../src/canonical/part.ts';
import type { CanonicalResponse } from '../../src/canonical/response.ts';
import { anthropicMessages } from '../../src/formats/anthropic-messages/index.ts';
import type { Codec } from '../../src/formats/codec.ts';
import { googleGenerateContent } from '../../src/formats/google-generate-content/index.ts';
import { openaiChat } from '../../src/formats/openai-chat/index.ts';
import { openaiResponses } from '../../src/formats/openai-responses/index.ts';
import { compact, isObject, type JsonObject } from '../../src/lib/json.ts';
import { parseFrames } from '../../src/lib/sse.ts';
import { type SandboxTransport, sandboxTransport } from '../../src/sandbox/index.ts';

export const CODECS: Codec[] = [openaiChat, openaiResponses, anthropicMessages, googleGenerateContent];

export type Waits = number[];

/** A sandbox whose waits end at once and are written down. */
export function fastSandbox(waits: Waits = []): SandboxTransport {
  const wait = async (ms: number) => {
    waits.push(ms);
  };
  return sandboxTransport(CODECS, { wait, nowS: () => 1_767_225_600 });
}

export function send(
  transport: SandboxTransport,
  codec: Codec,
  body: JsonObject,
  { path = pathOf(codec, body), signal = new AbortController().signal } = {},
): Promise<Response> {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  return transport({ format: codec.id, path, body: bytes, headers: new Headers(), signal });
}

/** Where a request of `ask` goes: formats whose path says it keep model and stream out of the body. */
export function pathOf(codec: Codec, body: JsonObject): string {
  return codec.path({ model: String(body.model ?? ''), stream: body.stream === true });
}

export type Wish = {
  stream?: boolean;
  maxTokens?: number;
  stop?: string[];
  tools?: { name: string; schema: JsonObject }[];
  toolChoice?: 'required' | 'none';
  schema?: JsonObject;
};

/** The same wish as each format writes it; Responses knows no stop sequences. */
export function ask(format: FormatId, model: string, prompt: string, wish: Wish = {}): JsonObject {
  const { stream = false, maxTokens = 10_000, stop, tools, toolChoice, schema } = wish;
  const messages = [{ role: 'user', content: prompt }];
  switch (format) {
    case 'openai-chat':
      return {
        model,
        messages,
        max_completion_tokens: maxTokens,
        ...(stream ? { stream, stream_options: { include_usage: true } } : {}),
        ...(stop ? { stop } : {}),
        ...(tools
          ? {
              tools: tools.map(({ name, schema: parameters }) => ({
                type: 'function',
                function: { name, parameters },
              })),
            }
          : {}),
        ...(toolChoice ? { tool_choice: toolChoice } : {}),
        ...(schema
          ? { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } } }
          : {}),
      };
    case 'openai-responses':
      return {
        model,
        input: messages,
        max_output_tokens: maxTokens,
        stream,
        ...(tools
          ? {
              tools: tools.map(({ name, schema: parameters }) => ({
                type: 'function',
                name,
                parameters,
                strict: false,
              })),
            }
          : {}),
        ...(toolChoice ? { tool_choice: toolChoice } : {}),
        ...(schema ? { text: { format: { type: 'json_schema', name: 'answer', schema } } } : {}),
      };
    case 'anthropic-messages':
      return {
        model,
        messages,
        max_tokens: maxTokens,
        stream,
        ...(stop ? { stop_sequences: stop } : {}),
        ...(tools ? { tools: tools.map(({ name, schema: input_schema }) => ({ name, input_schema })) } : {}),
        ...(toolChoice ? { tool_choice: { type: toolChoice === 'required' ? 'any' : 'none' } } : {}),
        ...(schema ? { output_config: { format: { type: 'json_schema', schema } } } : {}),
      };
    case 'google-generate-content':
      return {
        // what the path will say
        model,
        stream,
        contents: [{ role: 'user', parts: [{ text: prompt }] }],
        generationConfig: compact({
          maxOutputTokens: maxTokens,
          stopSequences: stop,
          responseMimeType: schema ? 'application/json' : undefined,
          responseJsonSchema: schema,
        }),
        ...(tools
          ? {
              tools: [
                {
                  functionDeclarations: tools.map(({ name, schema: parametersJsonSchema }) => ({
                    name,
                    parametersJsonSchema,
                  })),
                },
              ],
            }
          : {}),
        ...(toolChoice
          ? { toolConfig: { functionCallingConfig: { mode: toolChoice === 'required' ? 'ANY' : 'NONE' } } }
          : {}),
      };
    default:
      return format satisfies never;
  }
}

/** The whole answer of a plain reply. */
export async function readPlain(codec: Codec, reply: Response): Promise<CanonicalResponse> {
  const body: unknown = await reply.json();
  if (!isObject(body)) throw new Error('not an object');
  return codec.decodeResponse(body);
}

/** What a streamed reply folds to, the fault it ended with, and its text on the wire. */
export async function readStream(
  codec: Codec,
  reply: Response,
): Promise<{ response: CanonicalResponse; fault: Fault | undefined; finished: boolean; wire: string }> {
  const bytes = await reply.bytes();
  const decoder = codec.streamDecoder();
  const fold = new Fold();
  for (const frame of parseFrames(bytes)) for (const event of decoder.push(frame)) fold.push(event);
  for (const event of decoder.end()) fold.push(event);
  const wire = new TextDecoder().decode(bytes);
  return { response: fold.response(), fault: fold.fault, finished: fold.finished, wire };
}

/** All text of the answer, without reasoning and refusals. */
export function textOf({ parts }: CanonicalResponse): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}
