// The parts of a client's contents to canonical ones, what a signature seals in front of its part.

import { Fault } from '../../../canonical/fault.ts';
import { codeText } from '../../../canonical/hosted-code.ts';
import type { Loss } from '../../../canonical/loss.ts';
import type { MediaSource, Part, ReasoningPart, SourcePath, ToolCallPart } from '../../../canonical/part.ts';
import { asString, isObject, type JsonObject } from '../../../lib/json.ts';
import { leftovers } from '../../leftovers.ts';
import { FORMAT, ISSUER, signatureOf, tidy } from '../names.ts';
import { codeIn, typeOf } from './opaque.ts';

const COMMON = ['thought', 'thoughtSignature'];

/** Adds the canonical parts of one wire part, which is tidy; `callId` stands in where a call brings none. */
export function decodePart(
  part: JsonObject,
  at: SourcePath,
  callId: string,
  into: Part[],
  losses: Loss[],
): void {
  const signature = signatureOf(part);
  if (part.thought === true) {
    addThought(part, signature, at, into, losses);
    return;
  }
  if (signature !== undefined) addSeal(signature, at, into);
  if (typeof part.text === 'string') {
    losses.push(...leftovers(part, ['text', ...COMMON], at));
    if (part.text !== '') into.push({ kind: 'text', text: part.text, at: `${at}.text` });
  } else if (part.functionCall !== undefined) {
    losses.push(...leftovers(part, ['functionCall', ...COMMON], at));
    into.push(decodeCall(tidy(part.functionCall), `${at}.functionCall`, callId, losses));
  } else if (part.inlineData !== undefined || part.fileData !== undefined)
    into.push(decodeMedia(part, at, losses));
  else {
    const { thoughtSignature: _, ...value } = part;
    const type = typeOf(value);
    const code = codeIn(value);
    const text = code && codeText(code);
    if (Object.keys(value).length > 0)
      into.push({
        kind: 'opaque',
        type,
        raw: { format: FORMAT, value },
        at,
        ...(text === undefined ? {} : { text }),
        ...(code === undefined ? {} : { code }),
      });
  }
}

/** Thoughts go on from part to part until they are sealed, since streams are recorded piece by piece. */
function addThought(
  part: JsonObject,
  signature: string | undefined,
  at: SourcePath,
  into: Part[],
  losses: Loss[],
): void {
  losses.push(...leftovers(part, ['text', ...COMMON], at));
  const text = asString(part.text) ?? '';
  const last = into.at(-1);
  const goesOn = last?.kind === 'reasoning' && last.seal === undefined;
  const thought: ReasoningPart = goesOn ? last : { kind: 'reasoning', summary: [], content: [], at };
  if (goesOn) thought.at = common(thought.at, at);
  else into.push(thought);
  if (text !== '') thought.summary = [(thought.summary[0] ?? '') + text];
  if (signature !== undefined) thought.seal = { issuer: ISSUER, data: signature };
}

function addSeal(signature: string, at: SourcePath, into: Part[]): void {
  const last = into.at(-1);
  const seal = { issuer: ISSUER, data: signature };
  if (last?.kind === 'reasoning' && last.seal === undefined) {
    last.seal = seal;
    last.at = common(last.at, at);
  } else
    into.push({
      kind: 'reasoning',
      redacted: true,
      summary: [],
      content: [],
      seal,
      at: `${at}.thoughtSignature`,
    });
}

/** The place that holds both: losses name it when what stands in two parts became one. */
function common(first: SourcePath | undefined, second: SourcePath): SourcePath {
  const steps = (first ?? '').split(/(?=[.[])/);
  const others = second.split(/(?=[.[])/);
  const differs = steps.findIndex((step, i) => step !== others[i]);
  return (differs === -1 ? steps : steps.slice(0, differs)).join('');
}

function decodeCall(call: JsonObject, at: SourcePath, callId: string, losses: Loss[]): ToolCallPart {
  losses.push(...leftovers(call, ['id', 'name', 'args'], at));
  const name = asString(call.name);
  if (!name) throw new Fault('missing_field', `\`${at}.name\` is missing.`, { param: `${at}.name` });
  const input = JSON.stringify(isObject(call.args) ? call.args : {});
  return { kind: 'tool-call', id: asString(call.id) || callId, name, form: 'json', input, at };
}

/** Bytes or an address, by their media type: image, sound, or a document. */
export function decodeMedia(part: JsonObject, at: SourcePath, losses: Loss[]): Part {
  const member = part.inlineData === undefined ? 'fileData' : 'inlineData';
  losses.push(...leftovers(part, [member, ...COMMON], at));
  const media = tidy(part[member]);
  losses.push(...leftovers(media, ['mimeType', 'data', 'fileUri', 'displayName'], `${at}.${member}`));
  const mediaType = asString(media.mimeType) ?? '';
  const source = member === 'inlineData' ? bytesOf(media, mediaType, at) : addressOf(media, at);
  const title = asString(media.displayName);
  if (mediaType.startsWith('image/') || mediaType.startsWith('audio/')) {
    if (title !== undefined)
      losses.push({
        path: `${at}.${member}.displayName`,
        action: 'dropped',
        reason: 'only documents have names',
      });
    return { kind: mediaType.startsWith('image/') ? 'image' : 'audio', source, at };
  }
  return { kind: 'file', source, ...(title === undefined ? {} : { title }), at };
}

function bytesOf(media: JsonObject, mediaType: string, at: SourcePath): MediaSource {
  const data = asString(media.data);
  const [name, value] = data === undefined ? ['data', data] : ['mimeType', mediaType];
  if (data === undefined || !value)
    throw new Fault('missing_field', `\`${at}.inlineData.${name}\` is missing.`, {
      param: `${at}.inlineData.${name}`,
    });
  return { from: 'base64', mediaType, data };
}

/** Files of Google's own store are known to nobody else. */
const OWN_FILE = /^(gs:|files\/|https:\/\/generativelanguage\.googleapis\.com\/)/;

function addressOf(media: JsonObject, at: SourcePath): MediaSource {
  const uri = asString(media.fileUri);
  if (!uri)
    throw new Fault('missing_field', `\`${at}.fileData.fileUri\` is missing.`, {
      param: `${at}.fileData.fileUri`,
    });
  return OWN_FILE.test(uri) ? { from: 'file-id', id: uri, format: FORMAT } : { from: 'url', url: uri };
}
