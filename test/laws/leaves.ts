// The leaves of a JSON value, each with where it stands and with the words it can be recognised by.

import type { JsonValue } from '../../src/lib/json.ts';

export type Leaf = {
  /** `messages[0].content[1].text`, as losses name it. */
  path: string;
  /** The path without numbers: `messages[].content[].text`. */
  trait: string;
  value: string | number | boolean | null;
  /** The words in it that stand nowhere else; empty for enums, flags and small numbers. */
  words: string[];
  /** A member's name that holds a word itself, as in a JSON schema. */
  isName: boolean;
};

const WORD = /leaf\d+x/g;

/** Every leaf of the value; member names with words in them count as leaves too. */
export function leavesOf(value: JsonValue, path = '', trait = ''): Leaf[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => leavesOf(item, `${path}[${i}]`, `${trait}[]`));
  if (typeof value !== 'object' || value === null)
    return [{ path, trait, value, words: typeof value === 'string' ? wordsOf(value) : [], isName: false }];
  return Object.entries(value).flatMap(([name, member]) => {
    const words = wordsOf(name);
    const at = path === '' ? name : `${path}.${name}`;
    // names that are data say nothing about the kind of thing they name
    const kind = words.length > 0 ? '*' : name;
    const inner = leavesOf(member, at, trait === '' ? kind : `${trait}.${kind}`);
    if (words.length === 0) return inner;
    return [{ path: at, trait: `${trait}.*`, value: name, words, isName: true }, ...inner];
  });
}

function wordsOf(text: string): string[] {
  return text.match(WORD) ?? [];
}

/** Whether a loss that names `lossPath` speaks of what stands at `path`: of it, or of what it is part of. */
export function names(lossPath: string, path: string): boolean {
  if (lossPath === path) return true;
  // a whole conversation or tool list is no answer to the question what of it was lost
  if (lossPath === 'messages' || lossPath === 'input' || lossPath === 'tools') return false;
  return path.startsWith(lossPath) && (path[lossPath.length] === '.' || path[lossPath.length] === '[');
}
