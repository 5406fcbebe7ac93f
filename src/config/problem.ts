// Problems of the configuration: collected while it is read, shown one to a line.

import type { Problem } from './config.ts';

/** Where something stands in the file, both 1-based; 0 when it is not in a file. */
export type Place = { line: number; column: number };

/** What a problem is about; an unknown name may be a secret that lacks its `api_key:`. */
export type Blamed = 'value' | 'name' | 'unknown-name';

/** Says what is wrong with the value (or the name) at a JSON pointer. */
export type Report = (pointer: string, message: string, about?: Blamed) => void;

export type ProblemList = {
  report: Report;
  /** Every problem so far, in the order of the file. */
  all(): Problem[];
};

/** Collects problems of `file`. A pointer is not blamed twice, nor its value for what was said of a part of it. */
export function collectProblems(
  file: string,
  locate: (pointer: string, at: 'name' | 'value') => Place,
): ProblemList {
  const problems: Problem[] = [];
  const pointers = new Set<string>();
  const report: Report = (pointer, message, about = 'value') => {
    if (pointers.has(pointer)) return;
    if (about === 'value' && [...pointers].some((known) => known.startsWith(`${pointer}/`))) return;
    pointers.add(pointer);
    const place = locate(pointer, about === 'value' ? 'value' : 'name');
    problems.push({ file, ...place, path: showPath(pointer, about === 'unknown-name'), message });
  };
  const all = (): Problem[] => problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  return { report, all };
}

/** One problem as a line: `osiris.yaml:3:9 server.port: must be …`. */
export function formatProblem(problem: Problem): string {
  const where = problem.line === 0 ? problem.file : `${problem.file}:${problem.line}:${problem.column}`;
  return problem.path === ''
    ? `${where}: ${problem.message}`
    : `${where} ${problem.path}: ${problem.message}`;
}

/** A JSON pointer from member names and array indexes. */
export function pointerTo(...segments: (string | number)[]): string {
  return segments.map((each) => `/${String(each).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The member names and indexes of a JSON pointer. */
export function segmentsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((each) => each.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** `/models/x/deployments/0` as `models.x.deployments[0]`. What looks unlike a name is left out as `…`. */
function showPath(pointer: string, endsInUnknown: boolean): string {
  const segments = segmentsOf(pointer);
  return segments
    .map((each, index) => {
      if (/^\d+$/.test(each)) return `[${each}]`;
      const namelike = endsInUnknown && index === segments.length - 1 ? WORD : NAME;
      return namelike.test(each) ? `.${each}` : '.…';
    })
    .join('')
    .replace(/^\./, '');
}

const WORD = /^[A-Za-z_]{1,24}$/;
const NAME = /^[\w./@:+-]{1,64}( \(again\))?$/;
