// Parts that only this format knows: what kind they are and what a person could read of them.

import type { HostedCode } from '../../canonical/part.ts';
import { asObject, asString, isObject, type JsonObject } from '../../lib/json.ts';

/** Members of a part that say something about it, not what it is. */
const MARKS = ['thought', 'thoughtSignature', 'partMetadata', 'mediaResolution', 'videoMetadata'];

/** The member that makes the part what it is: `executableCode`, `toolCall` … */
export function typeOf(part: JsonObject): string {
  return Object.keys(part).find((name) => !MARKS.includes(name)) ?? 'part';
}

/** Code, and what it printed, as fenced text; undefined when there is nothing to read. */
export function readableText(part: JsonObject): string | undefined {
  const { code, output } = codeIn(part) ?? {};
  if (code === undefined) return output ? fenced(output, '') : undefined;
  const language = asString(asObject(part.executableCode).language)?.toLowerCase() ?? '';
  return fenced(code, /^[a-z]+$/.test(language) ? language : '');
}

/** What a part tells of code that ran; undefined for every other one. */
export function codeIn(part: JsonObject): HostedCode | undefined {
  const code = asString(asObject(part.executableCode).code);
  if (code !== undefined) return { code };
  if (!isObject(part.codeExecutionResult)) return undefined;
  return { output: asString(part.codeExecutionResult.output) ?? '' };
}

/** Backticks inside are outnumbered by the fence. */
function fenced(text: string, language: string): string {
  const runs = Array.from(text.matchAll(/`+/g), ([run]) => run.length);
  const fence = '`'.repeat(Math.max(2, ...runs) + 1);
  return `${fence}${language}\n${text}${text.endsWith('\n') ? '' : '\n'}${fence}`;
}
