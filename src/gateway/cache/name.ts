// Names a request by everything in it that can change its answer: the same question has the same name in every format.

import type { Loss } from '../../canonical/loss.ts';
import type { Part } from '../../canonical/part.ts';
import type { CanonicalRequest, OutputFormat, Tool, ToolChoice } from '../../canonical/request.ts';
import { isUsual, TELLING_HEADERS } from '../../formats/client-headers.ts';
import type { Converted } from '../../formats/codec.ts';
import { sha256Hex } from '../../lib/crypto.ts';
import { compact, type JsonObject, type JsonValue } from '../../lib/json.ts';
import type { Call } from '../call.ts';

/** Members that name who asks, or how the answer is to travel and be remembered; no answer depends on them. */
// biome-ignore format: a list of names
const LABELS: ReadonlySet<string> = new Set([
  'user', 'metadata', 'safety_identifier', 'client_metadata', 'labels', 'diagnostics',
  'prompt_cache_key', 'prompt_cache_retention', 'prompt_cache_options', 'cache_control',
  'stream', 'stream_options', 'store', 'background',
]);
/** Marks that say what of the prompt its provider shall keep. */
const CACHE_MARK = /(^|\.)(cache_control|prompt_cache_breakpoint)(\.|$)/;

/**
 * `scope` is who may be given the answer. What the codec could not read is taken into the name as it came: a request
 * that has any of it is the same as its equals in its own format only.
 */
export function cacheName(call: Call, decoded: Converted<CanonicalRequest>, scope: string): string {
  return sha256Hex(JSON.stringify([scope, placeOf(call), questionOf(decoded.value), restOf(call, decoded)]));
}

/** Which model, and at whom. */
function placeOf({ model, resolution, key }: Call): JsonValue {
  return [model.id, resolution.pinned ?? null, (key.requireTags ?? []).toSorted()];
}

function questionOf(request: CanonicalRequest): object {
  const { n, ...sampling } = request.sampling;
  return {
    messages: request.messages.map(({ role, name, parts }) => ({ role, name, parts: parts.map(saidIn) })),
    tools: request.tools.map(toolOf),
    toolChoice: choiceOf(request.toolChoice),
    parallelTools: request.parallelTools,
    maxOutputTokens: request.maxOutputTokens,
    sampling: sorted({ ...sampling, ...(n === undefined || n === 1 ? {} : { n }) }),
    reasoning: sorted(request.reasoning),
    output: outputOf(request.output),
    speech: sorted(request.speech),
    verbosity: request.verbosity,
    serviceTier: request.serviceTier,
    vendor: request.vendor?.raw,
  };
}

/** A part without where it stood, what its prompt cache is told, and ids that link nothing. */
function saidIn(part: Part): object {
  const { at: _at, ...rest } = part;
  switch (rest.kind) {
    case 'reasoning': {
      const { itemId: _id, seal, ...thought } = rest;
      return sorted({ ...thought, ...(seal ? { seal: [seal.issuer, seal.data] } : {}) });
    }
    case 'tool-call': {
      const { itemId: _id, cache: _cache, ...asked } = rest;
      return sorted(asked);
    }
    case 'tool-result': {
      const { content, cache: _cache, ...result } = rest;
      return sorted({ ...result, content: content.map(saidIn) });
    }
    case 'refusal':
    case 'opaque':
      return sorted(rest);
    case 'text':
    case 'image':
    case 'audio':
    case 'file': {
      const { cache: _cache, ...said } = rest;
      return sorted(said);
    }
    default:
      return rest satisfies never;
  }
}

function toolOf(tool: Tool): object {
  if (tool.kind !== 'function') {
    const { at: _at, ...rest } = tool;
    return sorted({ ...rest, cache: undefined });
  }
  const { at: _at, strictAt: _strictAt, cache: _cache, ...rest } = tool;
  return sorted(rest);
}

function choiceOf(choice: ToolChoice | undefined): object | undefined {
  return choice && sorted(choice);
}

function outputOf(output: OutputFormat | undefined): object | undefined {
  return output && sorted(output);
}

/** Decoders write the members of one object in different orders; what a client wrote inside them keeps its own. */
function sorted(value: object | undefined): object {
  return Object.fromEntries(Object.entries(value ?? {}).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** What the canonical request does not have. */
function restOf(call: Call, { losses }: Converted<CanonicalRequest>): JsonValue {
  const { body, codec } = call;
  const rest: JsonObject = { headers: tellingHeaders(call.headers), ...codec.besides?.(body) };
  if (!losses.every(isLabel)) {
    const { model: _, ...members } = body;
    const telling = Object.entries(members).filter(([name]) => !LABELS.has(name));
    rest.body = [codec.id, telling as JsonValue[]];
  }
  return rest;
}

function isLabel({ path }: Loss): boolean {
  return LABELS.has(path.split(/[.[]/, 1)[0] ?? '') || CACHE_MARK.test(path);
}

function tellingHeaders(headers: Headers): JsonObject {
  const told = TELLING_HEADERS.map((name): [string, string | undefined] => {
    const words = headers
      .get(name)
      ?.split(',')
      .map((word) => word.trim());
    const value = words?.toSorted().join(',');
    return [name, value === undefined || isUsual(name, value) ? undefined : value];
  });
  return compact(Object.fromEntries(told));
}
