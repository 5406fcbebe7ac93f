// Puts the members of one configuration text into another, whose comments and layout stay.

import { parse as parseToml } from '@decimalturn/toml-patch';
import { applyEdits, modify, type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { isSeq, parseDocument } from 'yaml';
import type { Syntax } from '../../clients/client.ts';
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts';
import { type Change, changesTo } from './changes.ts';
import { changeToml } from './toml.ts';

type Editor = {
  /** Undefined for a text of comments only. Throws an error that says where the text is broken. */
  read(text: string): JsonValue | undefined;
  change(text: string, changes: readonly Change[]): string;
};

/**
 * `text` with all that `wanted` says; `keeps` names top-level members that are put only where there are none.
 * Throws when either is not of this syntax, or when it could not be done.
 */
export function mergeText(
  syntax: Syntax,
  text: string,
  wanted: string,
  keeps: readonly string[] = [],
): string {
  if (text.trim() === '') return wanted;
  const { read, change } = EDITORS[syntax];
  const found = read(text);
  if (found === undefined) return `${text.trimEnd()}\n${wanted}`;
  if (!isObject(found)) throw new Error('it holds no members');
  const members = without(
    read(wanted),
    keeps.filter((name) => Object.hasOwn(found, name)),
  );
  const changes = changesTo(found, members);
  if (changes.length === 0) return text;
  const changed = change(text, changes);
  if (changesTo(read(changed), members).length > 0) throw new Error('its layout is not understood');
  return changed;
}

function without(value: JsonValue | undefined, names: readonly string[]): JsonObject {
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}

const EDITORS: Record<Syntax, Editor> = {
  json: { read: readJson, change: changeJson },
  toml: { read: (text) => parseToml(text) as JsonObject, change: changeToml },
  yaml: { read: readYaml, change: changeYaml },
  dotenv: { read: readDotenv, change: changeDotenv },
};

function readJson(text: string): JsonValue | undefined {
  const errors: ParseError[] = [];
  const value: JsonValue | undefined = parse(text, errors, {
    allowTrailingComma: true,
    allowEmptyContent: true,
  });
  const [first] = errors;
  if (first) {
    const line = text.slice(0, first.offset).split('\n').length;
    throw new Error(`line ${line}: ${printParseErrorCode(first.error)}`);
  }
  return value;
}

function changeJson(text: string, changes: readonly Change[]): string {
  const tabbed = /^\t/m.test(text);
  const formattingOptions = {
    insertSpaces: !tabbed,
    tabSize: tabbed ? 1 : (/^( +)["{[]/m.exec(text)?.[1]?.length ?? 2),
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  };
  return changes.reduce((current, { path, value, append }) => {
    const edits = append
      ? modify(current, [...path, -1], value, { formattingOptions, isArrayInsertion: true })
      : modify(current, [...path], value, { formattingOptions });
    return applyEdits(current, edits);
  }, text);
}

function readYaml(text: string): JsonValue | undefined {
  const document = parseDocument(text);
  const [first] = document.errors;
  if (first) throw new Error(first.message.split('\n')[0]);
  return document.toJS() ?? undefined;
}

function changeYaml(text: string, changes: readonly Change[]): string {
  const document = parseDocument(text);
  for (const { path, value, append } of changes) {
    const list = append ? document.getIn(path) : undefined;
    if (isSeq(list)) list.add(document.createNode(value));
    else document.setIn(path, document.createNode(value));
  }
  return document.toString({ lineWidth: 0, indentSeq: !/^[\w-]+:[^\n]*\n- /m.test(text) });
}

const ASSIGNMENT = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=(.*)$/;

function readDotenv(text: string): JsonValue {
  const found: JsonObject = {};
  for (const line of text.split(/\r?\n/)) {
    const [, name, value = ''] = ASSIGNMENT.exec(line) ?? [];
    if (name !== undefined) found[name] = value.trim().replace(/^(["'])(.*)\1$/, '$2');
  }
  return found;
}

function changeDotenv(text: string, changes: readonly Change[]): string {
  const lines = text.replace(/\n$/, '').split('\n');
  for (const { path, value } of changes) {
    const line = `${path[0]}=${value}`;
    // of several the last one counts
    const index = lines.findLastIndex((other) => ASSIGNMENT.exec(other)?.[1] === path[0]);
    if (index < 0) lines.push(line);
    else lines[index] = line;
  }
  return `${lines.join('\n')}\n`;
}
