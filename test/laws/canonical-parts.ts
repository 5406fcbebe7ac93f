// Canonical parts, tools and controls that more than one format has.

import type {
  FilePart,
  FormatId,
  ImagePart,
  Message,
  Part,
  TextPart,
  ToolResultPart,
} from '../../src/canonical/part.ts';
import type {
  CanonicalRequest,
  Effort,
  FunctionTool,
  OutputFormat,
  Tool,
} from '../../src/canonical/request.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import type { Choices } from './choices.ts';

export function textPart(c: Choices): TextPart {
  return { kind: 'text', text: c.text() };
}

export function imagePart(c: Choices, own: FormatId | undefined, hasDetail: boolean): ImagePart {
  const source = c.pick<ImagePart['source']>(
    () => ({ from: 'base64', mediaType: c.one('image/png', 'image/jpeg'), data: `AAAA${c.word()}` }),
    () => ({ from: 'url', url: `https://e.com/${c.word()}.png` }),
    () =>
      own
        ? { from: 'file-id', id: `file_${c.word()}`, format: own }
        : { from: 'url', url: `https://e.com/${c.word()}` },
  );
  return {
    kind: 'image',
    source,
    ...(hasDetail && c.chance(40) ? { detail: c.one('low', 'high', 'auto') } : {}),
  };
}

export function pdfPart(c: Choices): FilePart {
  const source = { from: 'base64' as const, mediaType: 'application/pdf', data: `JVBERi0${c.word()}` };
  return { kind: 'file', source, title: `${c.word()}.pdf` };
}

/** A result for a call, with one to two things of its content. */
export function toolResult(
  c: Choices,
  callId: string,
  form: 'json' | 'text',
  content: (c: Choices) => Part,
): ToolResultPart {
  return {
    kind: 'tool-result',
    callId,
    form,
    content: c.list(1, 2, () => content(c)),
    isError: c.chance(20),
  };
}

/** A strict one keeps to the rules of strict schemas, as every provider demands. */
export function functionTool(c: Choices): FunctionTool {
  const name = c.word();
  const properties = { [name]: { type: 'string', description: c.text() } };
  const isStrict = c.chance(20);
  const closed = isStrict ? { required: [name], additionalProperties: false } : {};
  return {
    kind: 'function',
    name: `tool_${c.word()}`,
    ...(c.chance(70) ? { description: c.text() } : {}),
    schema: { type: 'object', properties, ...closed },
    ...(isStrict || c.chance(30) ? { strict: isStrict } : {}),
  };
}

/** Where the format can hide it until it is found. */
export function hidden<T extends Tool>(c: Choices, tool: T): T {
  const isHidden = (tool.kind === 'function' || tool.kind === 'custom') && c.chance(20);
  return isHidden ? { ...tool, deferred: 'asked' } : tool;
}

/** As formats write it that have no member `strict`. */
export function schemaOutput(c: Choices): OutputFormat {
  return { kind: 'schema', schema: closedSchema(c), strict: 'possible' };
}

function closedSchema(c: Choices): JsonObject {
  const name = c.word();
  const properties = { [name]: { type: 'number' } };
  return { type: 'object', properties, required: [name], additionalProperties: false };
}

export function outputFormat(c: Choices): OutputFormat {
  return c.pick<OutputFormat>(
    () => ({ kind: 'json' }),
    () => ({ kind: 'text' }),
    () =>
      ({
        kind: 'schema',
        schema: closedSchema(c),
        name: c.word(),
        ...(c.chance(50) ? { description: c.text() } : {}),
        ...(c.chance(50) ? { strict: c.chance(50) } : {}),
      }) as OutputFormat,
  );
}

export const EFFORTS: readonly [Effort, ...Effort[]] = ['low', 'medium', 'high', 'xhigh'];

/** A request that asks for nothing but an answer to the messages. */
export function plainRequest(c: Choices, messages: Message[]): CanonicalRequest {
  const stream = c.chance(50);
  return {
    model: 'the-model',
    stream,
    includeUsage: stream,
    messages,
    tools: [],
    sampling: {},
    cache: {},
    origin: {},
  };
}
