// Blocks of code that ran at a provider: what they tell, and those that a client is shown of another provider's.

import { codeText } from '../../canonical/hosted-code.ts';
import type { Loss } from '../../canonical/loss.ts';
import type { HostedCode } from '../../canonical/part.ts';
import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';
import type { Converted } from '../codec.ts';

const RESULT = /code_execution_tool_result$/;

/** What a block tells of code that ran; undefined for every other one. */
export function codeIn(block: JsonObject): HostedCode | undefined {
  const name = asString(block.name) ?? '';
  if (block.type === 'server_tool_use' && name.endsWith('code_execution'))
    return calledCode(name, asObject(block.input));
  return RESULT.test(asString(block.type) ?? '') ? resultOf(asObject(block.content)) : undefined;
}

function calledCode(name: string, input: JsonObject): HostedCode {
  if (name === 'code_execution') return { code: asString(input.code) ?? '', language: 'python' };
  if (name === 'bash_code_execution') return { code: asString(input.command) ?? '', language: 'bash' };
  const { command, path, file_text, old_str, new_str } = input;
  const head = [command, path].filter((word) => typeof word === 'string').join(' ');
  const lines = [head, file_text, old_str, new_str].filter((line) => typeof line === 'string' && line !== '');
  return { code: lines.join('\n') };
}

function resultOf(content: JsonObject): HostedCode {
  const error = asString(content.error_code);
  if (error !== undefined) return { output: `error: ${error}`, failed: true };
  const { stdout, stderr, return_code = 0 } = content;
  const shown = typeof content.content === 'string' ? content.content : undefined;
  const lines = asArray(content.lines).filter((line) => typeof line === 'string');
  const printed = [stdout, stderr, shown, ...lines].filter((one) => typeof one === 'string' && one !== '');
  const files = asArray(content.content).flatMap((made) => asString(asObject(made).file_id) ?? []);
  return {
    output: printed.join('\n'),
    ...(return_code === 0 ? {} : { failed: true }),
    ...(files.length === 0 ? {} : { files }),
  };
}

/** By this a block of ours is known when it comes back: Anthropic never gave such an id. */
export const OWN_ID = 'srvtoolu_osiris_';

/**
 * Makes the blocks of one answer. Only for a client that has asked for the tool: nobody else knows how to show them, and
 * text is left for those.
 */
export class CodeBlocks {
  readonly #isWanted: boolean;
  readonly #id: string;
  #count = 0;
  /** The run whose result is still to come. */
  #open: { id: string; kind: '' | 'bash_' } | undefined;

  /** `tools` are those that the client declared. */
  constructor(idPrefix: string, tools: JsonValue | undefined) {
    this.#isWanted = asArray(tools).some((tool) =>
      asString(asObject(tool).type)?.startsWith('code_execution_'),
    );
    this.#id = idPrefix;
  }

  /** Undefined where text has to do. */
  of({ code, language, output, failed = false, files }: HostedCode): JsonObject[] | undefined {
    if (!this.#isWanted || (code === undefined && !this.#open)) return undefined;
    const blocks: JsonObject[] = [];
    if (code !== undefined) {
      const kind = language === 'bash' ? 'bash_' : '';
      this.#open = { id: `${this.#id}_${this.#count++}`, kind };
      const input = kind === '' ? { code } : { command: code };
      const called = { type: 'server_tool_use', id: this.#open.id, name: `${kind}code_execution` };
      blocks.push({ ...called, input, caller: { type: 'direct' } });
    }
    const { open } = { open: this.#open };
    if (!open || (output === undefined && !failed && !files)) return blocks;
    this.#open = undefined;
    const printed = failed ? { stdout: '', stderr: output ?? '' } : { stdout: output ?? '', stderr: '' };
    const made = (files ?? []).map((file_id) => ({ type: `${open.kind}code_execution_output`, file_id }));
    blocks.push({
      type: `${open.kind}code_execution_tool_result`,
      tool_use_id: open.id,
      content: {
        type: `${open.kind}code_execution_result`,
        ...printed,
        return_code: failed ? 1 : 0,
        content: made,
      },
    });
    return blocks;
  }
}

/** A request's body with the blocks that were made here as texts of the model; the same object when there is none. */
export function withoutForeignCode({ value: body, losses }: Converted<JsonObject>): Converted<JsonObject> {
  const found: Loss[] = [];
  const messages = asArray(body.messages).map((message, index): JsonValue => {
    if (!isObject(message) || !Array.isArray(message.content)) return message;
    const at = `messages[${index}].content`;
    const count = found.length;
    const content = message.content.map((block, i): JsonValue => {
      if (!isObject(block) || !isOwnBlock(block)) return block;
      found.push({ path: `${at}[${i}]`, action: 'changed', reason: 'another provider ran this code' });
      return { type: 'text', text: codeText(codeIn(block) ?? {}) ?? NOTHING_PRINTED };
    });
    return found.length === count ? message : { ...message, content };
  });
  if (found.length === 0) return { value: body, losses };
  return { value: { ...body, messages }, losses: [...losses, ...found] };
}

/** A text block without a word is refused. */
const NOTHING_PRINTED = '(nothing was printed)';

function isOwnBlock(block: JsonObject): boolean {
  return (
    codeIn(block) !== undefined &&
    (asString(block.id) ?? asString(block.tool_use_id))?.startsWith(OWN_ID) === true
  );
}
