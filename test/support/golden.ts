// Compares a value with its golden file; GOLDEN=1 writes the file instead.

import { expect } from 'bun:test';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dir, '..', 'fixtures', 'golden');

/** Compares with `test/fixtures/golden/<name>.json` after naming ids by their order of appearance. */
export function golden(name: string, value: unknown): void {
  const file = join(FOLDER, `${name}.json`);
  const stable = nameIds(value);
  if (process.env.GOLDEN === '1') {
    writeFileSync(file, `${JSON.stringify(stable, null, 2)}\n`);
    return;
  }
  if (!existsSync(file)) throw new Error(`no golden file ${name}.json: run once with GOLDEN=1 and review it`);
  expect(stable).toEqual(JSON.parse(readFileSync(file, 'utf8')));
}

const ID_MEMBERS = ['id', 'call_id', 'tool_call_id', 'tool_use_id', 'user_id', 'prompt_cache_key'];

/** Scripted ids stay: they prove that ids survive. Others are minted anew in each run and get numbers. */
function nameIds(value: unknown): unknown {
  const names = new Map<string, string>();
  const rename = (id: string): string => {
    if (id.includes('scripted')) return id;
    const known = names.get(id) ?? `id-${names.size + 1}`;
    names.set(id, known);
    return known;
  };
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(
      Object.entries(node).map(([member, inner]) => [
        member,
        ID_MEMBERS.includes(member) && typeof inner === 'string' ? rename(inner) : walk(inner),
      ]),
    );
  };
  return walk(value);
}
