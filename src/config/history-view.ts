// The history of the configuration as routes and commands show it: what changed when, and how two of it differ.

import { existsSync, readFileSync } from 'node:fs';
import { createTwoFilesPatch } from 'diff';
import { parseDocument } from 'yaml';
import { Fault } from '../canonical/fault.ts';
import { formatTime } from '../lib/clock.ts';
import type { JsonObject } from '../lib/json.ts';
import { createCensor } from './censor.ts';
import { changedMembers } from './changes.ts';
import { type Kept, listKept } from './history.ts';

/** Newest first. `same_as` is the number of an older one with the same text. */
export function historyJson(dataDir: string): JsonObject {
  const kept = listKept(dataDir);
  const data = kept.map(({ number, takenOverMs, text }, index): JsonObject => {
    const before = kept[index - 1];
    return {
      number,
      taken_over: formatTime(takenOverMs),
      current: index === kept.length - 1,
      same_as: kept.slice(0, index).findLast((each) => each.text === text)?.number ?? null,
      changes: before === undefined ? null : changedMembers(before.text, text),
    };
  });
  return { object: 'list', data: data.reverse() };
}

/** What `osiris config diff` compares: numbers of the history, or `file` for the file as it is now. */
export type DiffWords = { from?: string | undefined; to?: string | undefined };

/** A side's `name` is its number, or `file`. `patch` is a unified diff, empty when nothing differs, without secrets. */
export type ConfigDiff = { from: string; to: string; changes: JsonObject[]; patch: string };

/**
 * From the last but one to the last when no words say otherwise; the only one is compared with the file. Throws Fault `not_found` for what is not kept and
 * `invalid_value` for words that name nothing.
 */
export function diffOf(dataDir: string, file: string | undefined, { from, to }: DiffWords): ConfigDiff {
  const kept = listKept(dataDir);
  const only = kept.length === 1 && from === undefined && to === undefined;
  const after = only
    ? sideOf('file', kept, file)
    : sideOf(to ?? String(kept.at(-1)?.number ?? ''), kept, file);
  const position = kept.findIndex(({ number }) => String(number) === after.name);
  const previous = kept.at(position === -1 ? -1 : position - 1);
  const before =
    from === undefined && position === 0
      ? { name: 'nothing', text: '' }
      : sideOf(from ?? String(previous?.number ?? ''), kept, file);
  const censor = createCensor();
  const patch =
    before.text === after.text
      ? ''
      : createTwoFilesPatch(before.name, after.name, censor(before.text), censor(after.text), '', '', {
          context: 3,
        });
  return {
    from: before.name,
    to: after.name,
    changes: changedMembers(before.text, after.text),
    patch: patch.replace(/^=+\n/, ''),
  };
}

type Side = { name: string; text: string };

function sideOf(word: string, kept: readonly Kept[], file: string | undefined): Side {
  if (word === 'file') return { name: 'file', text: textOf(file) };
  if (word === '')
    throw new Fault('not_found', 'The history is empty: it begins with the first `osiris serve`.');
  const found = /^\d{1,9}$/.test(word) ? kept.find(({ number }) => number === Number(word)) : undefined;
  if (found) return { name: String(found.number), text: found.text };
  if (!/^\d+$/.test(word))
    throw new Fault(
      'invalid_value',
      'Name a number of `osiris config history`, or `file` for the file as it is.',
    );
  throw new Fault(
    'not_found',
    `There is no configuration ${word.slice(0, 9)} in the history. \`osiris config history\` lists what there is.`,
  );
}

function textOf(file: string | undefined): string {
  if (file === undefined || !existsSync(file))
    throw new Fault('invalid_value', 'There is no configuration file here.');
  const text = readFileSync(file, 'utf8');
  // what stands where cannot be told, so that secrets could not be covered
  if (parseDocument(text, { prettyErrors: false }).errors.length > 0)
    throw new Fault('invalid_value', 'The file is not YAML as it stands; `osiris check` shows where.');
  return text;
}
