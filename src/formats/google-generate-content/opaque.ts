// Parts that only this format knows: what kind they are and what a person could read of them.

import { asObject, asString, type JsonObject } from '../../lib/json.ts';

/** Members of a part that say something about it, not what it is. */
const MARKS = ['thought', 'thoughtSignature', 'partMetadata', 'mediaResolution', 'videoMetadata'];

/** The member that makes the part what it is: `executableCode`, `toolCall` … */
export function typeOf(part: JsonObject): string {
  return Object.keys(part).find((name) => !MARKS.includes(name)) ?? 'part';
}

/** Code as fenced text, its result as text; undefined when there is nothing to read. */
export function readableText(part: JsonObject): string | undefined {
  const code = asString(asObject(part.executableCode).code);
  if (code !== undefined) {
    const language = asString(asObject(part.executableCode).language)?.toLowerCase() ?? '';
    return `\`\`\`${/^[a-z]+$/.test(language) ? language : ''}\n${code}\n\`\`\``;
  }
  return asString(asObject(part.codeExecutionResult).output) || undefined;
}
