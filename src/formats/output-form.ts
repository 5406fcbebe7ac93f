// How an answer of the wanted form is had from a model: held to it, as a forced call, or asked for in words.

import type { AnswerChange } from '../canonical/answer-change.ts';
import { AnswerTool } from '../canonical/answer-tool.ts';
import { instruct } from '../canonical/instruct.ts';
import type { Loss } from '../canonical/loss.ts';
import type { CanonicalRequest, FunctionTool, OutputFormat, ToolChoice } from '../canonical/request.ts';
import { CODE_FENCE, QUOTES, Unwrap, WRAPPER } from '../canonical/unwrap.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Codec, Target } from './codec.ts';
import { generationOf } from './google-generate-content/names.ts';
import { ANTHROPIC } from './schema/dialect.ts';
import { fitSchema } from './schema/fit.ts';
import { isOfObjects, wrapSchema } from './schema/wrap.ts';

/** A request that was brought closer to what its upstream can do, and what undoes that in the answer. */
export type FitStep = { request: CanonicalRequest; losses: Loss[]; changes: (() => AnswerChange)[] };

const JSON_ONLY = 'Answer with one JSON value only: no other words, no code fence.';

/**
 * The native form where there is one; every other way is named as a loss. Where only objects can be had one stands
 * around every other answer, and the client gets what is in it.
 */
export function fitOutput(request: CanonicalRequest, target: Target, codec: Codec): FitStep {
  const { output } = request;
  if (output?.kind !== 'schema') return fitForm(request, target, codec);
  const isWrapped = codec.objectAnswers === true && !isOfObjects(output.schema);
  const schema = isWrapped ? wrapSchema(output.schema) : output.schema;
  const fitted = fitForm({ ...request, output: { ...output, schema } }, target, codec);
  if (isWrapped) fitted.changes.push(() => new Unwrap(WRAPPER));
  if (output.isWord) fitted.changes.push(() => new Unwrap(QUOTES));
  return fitted;
}

function fitForm(request: CanonicalRequest, target: Target, codec: Codec): FitStep {
  const { output, origin } = request;
  const unchanged: FitStep = { request, losses: [], changes: [] };
  if (!output || output.kind === 'text') return unchanged;
  const path = origin.output ?? 'output';
  const isSpoilt = spoiltByTools(request, target, codec);
  const hasJsonMode = !codec.lacks?.includes('json-mode') && target.jsonMode !== false && !isSpoilt;
  if (output.kind === 'json') {
    if (hasJsonMode) return unchanged;
    const reason = 'JSON mode became an instruction';
    return { ...inWords(request, undefined, JSON_ONLY), losses: [{ path, action: 'changed', reason }] };
  }
  const why = isSpoilt ? 'such a Gemini gives no JSON beside tools' : whyNotNative(output, target, codec);
  if (why === undefined) return unchanged;
  if (!hasJsonMode && !isSpoilt && canForce(request, output, target)) {
    const reason = `${why}; the answer is asked for as a call with these arguments`;
    const places = [path, ...replacedMembers(request)];
    const losses = places.map((place): Loss => ({ path: place, action: 'changed', reason }));
    return { ...asCall(request, output), losses };
  }
  const text = `${JSON_ONLY} It must match this JSON schema:\n${JSON.stringify(output.schema)}`;
  const form: OutputFormat | undefined = hasJsonMode ? { kind: 'json' } : undefined;
  const reason = `${why}; it became an instruction`;
  return { ...inWords(request, form, text), losses: [{ path, action: 'changed', reason }] };
}

/** Before its third generation Gemini refuses to be held to JSON in any way where it may call tools. */
function spoiltByTools({ tools }: CanonicalRequest, { model }: Target, codec: Codec): boolean {
  const isGoogle = codec.id === 'google-generate-content';
  return isGoogle && tools.length > 0 && (generationOf(model) ?? 3) < 3;
}

function whyNotNative(
  output: Extract<OutputFormat, { kind: 'schema' }>,
  target: Target,
  codec: Codec,
): string | undefined {
  if (!target.structuredOutput) return 'the model knows no schema of its answer';
  if (codec.id !== 'anthropic-messages') return undefined;
  const { unsayable } = fitSchema(output.schema, ANTHROPIC);
  if (unsayable === 'recursion') return 'Anthropic takes no schema that contains itself';
  if (unsayable === 'open map') return 'Anthropic takes no schema of an object with free names';
  return undefined;
}

function inWords(
  request: CanonicalRequest,
  form: OutputFormat | undefined,
  text: string,
): Omit<FitStep, 'losses'> {
  const { output: _, ...rest } = instruct(request, text);
  return { request: form ? { ...rest, output: form } : rest, changes: [() => new Unwrap(CODE_FENCE)] };
}

/** A model that thinks, or was told to call something, cannot be told to call this. */
function canForce(
  { toolChoice, reasoning }: CanonicalRequest,
  { schema }: Extract<OutputFormat, { kind: 'schema' }>,
  target: Target,
): boolean {
  const isOff = reasoning?.mode === 'off' || reasoning?.effort === 'none' || reasoning?.budgetTokens === 0;
  const thinks = reasoning !== undefined && !isOff && target.thinking !== 'none';
  const isFree = toolChoice === undefined || toolChoice.mode === 'auto' || toolChoice.mode === 'none';
  return target.forcedTools !== false && !thinks && isFree && isOfObjects(schema);
}

/** With tools of its own the client may still get a call of those: the model has to choose one, or answer. */
function asCall(
  request: CanonicalRequest,
  { name: asked, description, schema }: Extract<OutputFormat, { kind: 'schema' }>,
): Omit<FitStep, 'losses'> {
  const { output: _, ...rest } = request;
  const name = freeName(asked ?? 'answer', request);
  const tool: FunctionTool = {
    kind: 'function',
    name,
    description: description ?? 'Gives the final answer to the user, in the form the arguments describe.',
    schema: schema as JsonObject,
  };
  const isOnly = request.tools.length === 0 || request.toolChoice?.mode === 'none';
  const choice: ToolChoice = isOnly ? { mode: 'one', name, form: 'json' } : { mode: 'required' };
  const forced: CanonicalRequest = { ...rest, tools: [...request.tools, tool], toolChoice: choice };
  if (isOnly) forced.parallelTools = false;
  return { request: forced, changes: [() => new AnswerTool(name)] };
}

/** What the client said of calls gives way to the one call that is the answer. */
function replacedMembers({ toolChoice, parallelTools, origin }: CanonicalRequest): string[] {
  return [
    ...(toolChoice ? [origin.toolChoice ?? 'tool_choice'] : []),
    ...(parallelTools ? [origin.parallelTools ?? 'parallel_tool_calls'] : []),
  ];
}

const NAME_CHARS_MAX = 60;

function freeName(asked: string, { tools }: CanonicalRequest): string {
  const taken = new Set(tools.flatMap((tool) => ('name' in tool ? [tool.name] : [])));
  let name = asked.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, NAME_CHARS_MAX) || 'answer';
  while (taken.has(name)) name += '_';
  return name;
}
