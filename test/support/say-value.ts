// How a scripted model gives the value a request asks for: as its text, or by the tool it is told to call.

import type { Turn } from './script.ts';
import type { Json } from './strict.ts';

/** The turn with its value in words or in a call, as the request of whichever format wants it. */
export function sayValue(turn: Turn, body: Json): Turn {
  if (turn.value === undefined) return turn;
  const said = JSON.stringify(turn.value);
  const name = forcedTool(body);
  if (name === undefined) return { ...turn, text: said };
  return { ...turn, calls: [{ id: 'call_scripted_value', name, args: said }] };
}

/** The tool that must be called; undefined when the model may choose. */
function forcedTool(body: Json): string | undefined {
  const choice = body.tool_choice as string | { type: string; name?: string; function?: Json } | undefined;
  const names = toolNames(body);
  if (choice === 'required') return names[0];
  if (typeof choice === 'object' && !['auto', 'none'].includes(choice.type))
    return choice.name ?? (choice.function?.name as string | undefined) ?? names[0];
  const { functionCallingConfig: calling } = (body.toolConfig ?? {}) as {
    functionCallingConfig?: { mode?: string; allowedFunctionNames?: string[] };
  };
  return calling?.mode === 'ANY' ? (calling.allowedFunctionNames?.[0] ?? names[0]) : undefined;
}

type AnyTool = { name?: string; function?: { name: string }; functionDeclarations?: { name: string }[] };

function toolNames({ tools = [] }: Json): string[] {
  return (tools as AnyTool[]).flatMap(({ name, function: nested, functionDeclarations = [] }) => [
    ...(name === undefined ? [] : [name]),
    ...(nested === undefined ? [] : [nested.name]),
    ...functionDeclarations.map((declared) => declared.name),
  ]);
}
