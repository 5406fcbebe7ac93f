// What a request lets its provider run code in, which is paid for beside the tokens.

import { asArray, asObject, asString, type JsonObject, type JsonValue } from '../lib/json.ts';
import { containerGigabytes } from './openai-responses/containers.ts';

/** How much of a container it may come to, in the words of any format; 0 for a request that lets no code run. */
export function containersWanted({ tools }: JsonObject): number {
  return asArray(tools).some(runsCode) ? containerGigabytes(tools) : 0;
}

function runsCode(value: JsonValue): boolean {
  const tool = asObject(value);
  const type = asString(tool.type) ?? '';
  if (type === 'code_interpreter' || type.startsWith('code_execution_')) return true;
  if (type === 'shell') return asString(asObject(tool.environment).type)?.startsWith('container') === true;
  return 'codeExecution' in tool || 'code_execution' in tool;
}
