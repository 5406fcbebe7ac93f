// Law 2: a splice changes only the edited members, at any depth, and parses to the edited value.

import fc from 'fast-check';
import { isObject, type JsonObject, type JsonValue } from '../../src/lib/json.ts';
import { type Edit, spliceJson } from '../../src/lib/splice.ts';
import { type Choices, drawn } from './choices.ts';
import type { Law } from './law.ts';
import { sorted } from './law-5-stream-equals-whole.ts';

const NAMES = ['a', 'b', 'model', 'so\u2028"me', '😀'] as const;

function anyObject(c: Choices, depth: number): JsonObject {
  const out: JsonObject = {};
  c.list(0, 4, () => {
    out[c.one(...NAMES)] = anyValue(c, depth);
  });
  return out;
}

function anyValue(c: Choices, depth: number): JsonValue {
  if (depth > 0 && c.chance(50))
    return c.chance(70) ? anyObject(c, depth - 1) : c.list(0, 3, () => anyValue(c, depth - 1));
  return c.one<JsonValue>(c.text(), c.below(100) / 8, true, null, '"model":1}', -1e21);
}

/** JSON text with the spaces a client may put anywhere. */
function written(c: Choices, value: JsonValue): string {
  const gap = () => c.one('', '', ' ', '\n  ', '\t');
  if (Array.isArray(value))
    return `[${gap()}${value.map((item) => written(c, item)).join(`${gap()},${gap()}`)}${gap()}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}${gap()}:${gap()}${written(c, member)}`,
  );
  return `{${gap()}${members.join(`${gap()},${gap()}`)}${gap()}}`;
}

type Case = { text: string; edits: Edit[] };

const cases = () =>
  drawn((c): Case => {
    const text = written(c, anyObject(c, 3));
    const edits = c.list(1, 3, (): Edit => {
      const path = [c.one(...NAMES), ...c.list(0, 2, () => c.one<string | number>(...NAMES, 0, 1, 2))];
      const json = c.chance(30) ? undefined : written(c, anyValue(c, 1));
      return c.chance(20) ? { path, json, present: true } : { path, json };
    });
    return { text, edits };
  });

type Splice = (bytes: Uint8Array, edits: Edit[]) => Uint8Array;

const locality = (splice: Splice = spliceJson) =>
  fc.property(cases(), ({ text, edits }) => {
    const bytes = new TextEncoder().encode(text);
    for (const edit of edits) {
      const before = JSON.parse(text) as JsonObject;
      const out = new TextDecoder().decode(splice(bytes, [edit]));
      const expected = edited(before, edit.path, edit);
      const after = JSON.parse(out) as JsonObject;
      const isRight = JSON.stringify(sorted(after)) === JSON.stringify(sorted(expected));
      const complaint = isRight ? 'more has changed than was edited' : 'it is not what the edit means';
      if (!isRight || !isLocal(text, out, edit))
        throw new Error(`${complaint}\n${JSON.stringify(edit)}\n${text}\n${out}`);
    }
    const together = JSON.parse(new TextDecoder().decode(splice(bytes, edits))) as JsonObject;
    const expected = edits.reduce(
      (value, edit) => edited(value, edit.path, edit),
      JSON.parse(text) as JsonObject,
    );
    if (disjoint(edits) && JSON.stringify(sorted(together)) !== JSON.stringify(sorted(expected)))
      throw new Error(
        `it is not what all edits mean\n${JSON.stringify(edits)}\n${text}\n${JSON.stringify(together)}`,
      );
  });

/** What the edit means, on the parsed value. */
function edited(value: JsonObject, [name = '', ...rest]: Edit['path'], edit: Edit): JsonObject {
  const out = { ...value };
  if (typeof name === 'number') return out;
  const member = changed(out[name], rest, edit);
  if (member === undefined) delete out[name];
  else out[name] = member;
  return out;
}

/** Undefined for what is not there, before or afterwards. */
function changed(old: JsonValue | undefined, path: Edit['path'], edit: Edit): JsonValue | undefined {
  const { json, present } = edit;
  const [name, ...rest] = path;
  if (name === undefined) {
    if (json === undefined || (present && old === undefined)) return undefined;
    return JSON.parse(json) as JsonValue;
  }
  if (isObject(old)) return edited(old, path, edit);
  if (Array.isArray(old) && typeof name === 'number') {
    if (name > old.length || (name === old.length && rest.length > 0)) return old;
    return old.toSpliced(name, 1, ...[changed(old[name], rest, edit)].filter((each) => each !== undefined));
  }
  const isMade = json !== undefined && !present && path.every((each) => typeof each === 'string');
  return isMade ? edited({}, path, edit) : old;
}

/** Outside the one place where the texts differ nothing has changed, and that place is no larger than the edit. */
function isLocal(before: string, after: string, { path, json }: Edit): boolean {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let end = 0;
  while (end < Math.min(before.length, after.length) - start && before.at(-1 - end) === after.at(-1 - end))
    end++;
  const written = after.length - end - start;
  const room =
    (json ?? '').length + path.reduce<number>((sum, name) => sum + JSON.stringify(name).length + 4, 0);
  return written <= room;
}

/** No edit touches what another one does. */
function disjoint(edits: Edit[]): boolean {
  const first = edits.map((edit) => edit.path[0]);
  return new Set(first).size === first.length;
}

export const LAW_2: Law[] = [
  {
    name: 'law 2, locality: a splice changes only the edited members and parses to the edited value',
    property: () => locality(),
    mutants: [
      {
        name: 'a splice that writes the whole text anew',
        complaint: /more has changed than was edited$/,
        property: () =>
          locality((bytes, edits) =>
            new TextEncoder().encode(
              JSON.stringify(JSON.parse(new TextDecoder().decode(spliceJson(bytes, edits))), null, 3),
            ),
          ),
      },
      {
        name: 'a splice that forgets nested members',
        complaint: /not what the edit means$/,
        property: () =>
          locality((bytes, edits) =>
            spliceJson(
              bytes,
              edits.filter((edit) => edit.path.length === 1),
            ),
          ),
      },
    ],
  },
];
