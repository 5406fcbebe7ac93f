// Reads YAML into plain values, remembering where everything stands and expanding its strings.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a variable in the configuration file is written like this.

import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type YAMLError,
} from 'yaml';
import type { JsonObject, JsonValue } from '../lib/json.ts';
import { isObject } from '../lib/json.ts';
import { expandText, SHELL_VARIABLE, type Surroundings } from './expand.ts';
import { collectProblems, type Place, type ProblemList, pointerTo } from './problem.ts';

export type YamlFile = {
  value: JsonObject;
  problems: ProblemList;
  /** The text is not YAML; nothing in `value` can be relied on. */
  unreadable: boolean;
  /** Pointers of strings that came (in part) out of the environment or a file: never to be shown. */
  expanded: ReadonlySet<string>;
};

type Offsets = { name: number; value: number };
type Reading = {
  document: Document;
  surroundings: Surroundings;
  offsets: Map<string, Offsets>;
  expanded: Set<string>;
  list: ProblemList;
  aliasesLeft: number;
};

/** More would be a file made to exhaust memory. */
const MAX_ALIASES = 100;

/** Parses `text`; `file` is how problems name it. Never throws. */
export function readYaml(text: string, file: string, surroundings: Surroundings): YamlFile {
  const lines = new LineCounter();
  // prettyErrors would put lines of the file, and with them secrets, into messages.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const offsets = new Map<string, Offsets>();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const list = collectProblems(file, (pointer, at) => place(nearestOffset(offsets, pointer, at)));
  const expanded = new Set<string>();
  if (document.errors.length > 0) {
    const syntax = collectProblems(file, (pointer) => place(Number(pointer)));
    const bare = document.errors.find(({ pos: [at] }) => text.startsWith('${', at - 1));
    for (const error of bare ? [bare] : document.errors) {
      const words = bare ? 'stands between brackets without quotes; write `"${…}"`' : explainSyntax(error);
      syntax.report(String(error.pos[0]), words, 'value');
    }
    return { value: {}, problems: withoutPaths(syntax), unreadable: true, expanded };
  }
  const reading = { document, surroundings, offsets, expanded, list, aliasesLeft: MAX_ALIASES };
  const value = document.contents === null ? {} : convert(reading, document.contents, '', 0);
  if (!isObject(value)) {
    list.report('', 'must consist of members such as `server:` and `providers:`');
    return { value: {}, problems: list, unreadable: true, expanded };
  }
  return { value, problems: list, unreadable: false, expanded };
}

function convert(reading: Reading, node: unknown, pointer: string, nameOffset: number): JsonValue {
  const own = rangeStart(node) ?? nameOffset;
  if (!reading.offsets.has(pointer)) reading.offsets.set(pointer, { name: nameOffset, value: own });
  if (isAlias(node)) {
    reading.aliasesLeft -= 1;
    const target = reading.aliasesLeft < 0 ? undefined : node.resolve(reading.document);
    if (target === undefined) reading.list.report(pointer, 'refers to too many or unknown `*` anchors');
    return target === undefined ? null : convert(reading, target, pointer, nameOffset);
  }
  if (isMap(node)) return convertMap(reading, node.items, pointer);
  if (isSeq(node)) return node.items.map((item, index) => convert(reading, item, `${pointer}/${index}`, own));
  if (!isScalar(node)) return null;
  if (typeof node.value === 'string') return expand(reading, node.value, pointer);
  if (typeof node.value === 'number' || typeof node.value === 'boolean') return node.value;
  return null;
}

function convertMap(
  reading: Reading,
  items: readonly { key: unknown; value: unknown }[],
  pointer: string,
): JsonObject {
  const members: [string, JsonValue][] = [];
  const seen = new Set<string>();
  for (const item of items) {
    const name = isScalar(item.key) ? String(item.key.value) : '?';
    const nameOffset = rangeStart(item.key) ?? 0;
    const child = `${pointer}${pointerTo(name)}`;
    // to YAML `{ port:8080 }` is a name without a value, and `openai:{ api_key: x }` a longer name; what stands behind
    // the colon may be a secret
    const stuck = (item.value === null ? /^([a-z_]+):[^\s:]/ : /^([\w.-]+):[{[]/).exec(name)?.[1];
    if (stuck !== undefined) {
      const place = `${pointer}${pointerTo(stuck)}`;
      reading.offsets.set(place, { name: nameOffset, value: nameOffset });
      reading.list.report(place, 'lacks a space behind its colon', 'name');
      continue;
    }
    if (seen.has(name)) {
      // The first one already has this pointer; the duplicate needs a place of its own.
      const again = `${child} (again)`;
      reading.offsets.set(again, { name: nameOffset, value: nameOffset });
      reading.list.report(again, 'is already there above; keep one of the two', 'name');
      continue;
    }
    seen.add(name);
    members.push([name, convert(reading, item.value, child, nameOffset)]);
  }
  // Not assignment: `__proto__` has to become a member like any other.
  return Object.fromEntries(members);
}

function expand(reading: Reading, text: string, pointer: string): string {
  if (SHELL_VARIABLE.test(text))
    reading.list.report(pointer, `is not filled in as it stands; write \`"\${${text.slice(1)}}"\``);
  if (!text.includes('${')) return text;
  const expansion = expandText(text, reading.surroundings);
  reading.expanded.add(pointer);
  const complaint = expansion.complaints.join('; and ');
  if (complaint !== '') reading.list.report(pointer, complaint);
  return expansion.text;
}

function rangeStart(node: unknown): number | undefined {
  return isMap(node) || isSeq(node) || isScalar(node) || isAlias(node) ? node.range?.[0] : undefined;
}

/** Where a pointer stands; a member that is missing stands where its owner's name does. */
function nearestOffset(offsets: ReadonlyMap<string, Offsets>, pointer: string, at: 'name' | 'value'): number {
  const own = offsets.get(pointer);
  if (own !== undefined) return own[at];
  const owner = pointer.slice(0, Math.max(pointer.lastIndexOf('/'), 0));
  return pointer === '' ? 0 : nearestOffset(offsets, owner, 'name');
}

function withoutPaths(list: ProblemList): ProblemList {
  return { ...list, all: () => list.all().map((problem) => ({ ...problem, path: '' })) };
}

/** Own words, because the parser's messages may quote the file. */
function explainSyntax({ code, message }: YAMLError): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'is indented with a tab; YAML wants spaces';
    case 'BAD_INDENT':
      if (message.startsWith('Flow')) return 'comes before a `{` or `[` above is closed';
      return 'is not indented like its neighbours; members of one section start in the same column';
    case 'MISSING_CHAR':
      return 'lacks a character: a closing quote or bracket, a comma, or the colon after a name';
    case 'BAD_DQ_ESCAPE':
      return 'has an unknown `\\` sequence in a double-quoted string; use single quotes or double the backslash';
    case 'BAD_SCALAR_START':
      return 'starts with a character that must be quoted; put the value in double quotes';
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return 'has a colon too many or a wrong indentation; a value that contains `: ` must be quoted';
    case 'MULTIPLE_DOCS':
      return 'starts a second document; everything belongs in one';
    case 'BAD_ALIAS':
      return 'has a bad `*` or `&`; a value that starts with one must be quoted';
    default:
      return 'is not YAML as it stands; look for a missing colon, quote or bracket here or just above';
  }
}
