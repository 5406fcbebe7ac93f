// Parts that only this format knows: what kind they are and what a person could read of them.

import type { HostedCode } from '../../../canonical/part.ts';
import { asObject, asString, isObject, type JsonObject } from '../../../lib/json.ts';
import { readUrl } from '../../data-url.ts';

/** Members of a part that say something about it, not what it is. */
const MARKS = ['thought', 'thoughtSignature', 'partMetadata', 'mediaResolution', 'videoMetadata'];

/** The member that makes the part what it is: `executableCode`, `toolCall` … */
export function typeOf(part: JsonObject): string {
  return Object.keys(part).find((name) => !MARKS.includes(name)) ?? 'part';
}

/** What a part tells of code that ran; undefined for every other one. */
export function codeIn(part: JsonObject): HostedCode | undefined {
  const { code, language } = asObject(part.executableCode);
  if (typeof code === 'string')
    return typeof language === 'string' ? { code, language: language.toLowerCase() } : { code };
  if (!isObject(part.codeExecutionResult)) return undefined;
  const { outcome = OK, output } = part.codeExecutionResult;
  return { output: asString(output) ?? '', ...(outcome === OK ? {} : { failed: true }) };
}

const OK = 'OUTCOME_OK';

/** Such parts for code of any format; none where nothing is told of it. */
export function codeParts({
  code,
  language,
  output,
  failed = false,
  files,
  pictures = [],
}: HostedCode): JsonObject[] {
  const ran = code !== undefined;
  const parts: JsonObject[] = [];
  if (ran)
    parts.push({
      executableCode: { language: language === 'python' ? 'PYTHON' : 'LANGUAGE_UNSPECIFIED', code },
    });
  const made = (files ?? []).map((id) => `[file ${id}]`);
  const printed = [output ?? '', ...made].filter((piece) => piece !== '').join('\n');
  if (output !== undefined || failed || made.length > 0)
    parts.push({ codeExecutionResult: { outcome: failed ? 'OUTCOME_FAILED' : OK, output: printed } });
  return [...parts, ...pictures.flatMap(picturePart)];
}

/** Only bytes can be shown; an address is a line to read. */
function picturePart(address: string): JsonObject[] {
  const source = readUrl(address, 'image/png');
  if (source.from !== 'base64') return [{ text: address }];
  return [{ inlineData: { mimeType: source.mediaType, data: source.data } }];
}
