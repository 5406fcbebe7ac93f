// Which sandbox model behaves how, by name.

import type { CanonicalRequest } from '../canonical/request.ts';
import {
  type Draft,
  draftBytes,
  draftEcho,
  draftNothing,
  draftReason,
  draftRefusal,
  draftTools,
  draftWords,
} from './draft.ts';
import type { Ending } from './script.ts';

export type Behaviour =
  | {
      kind: 'answer';
      draft: (request: CanonicalRequest) => Draft;
      firstByteMs: number;
      wordMs: number;
      ending: Ending;
      /** Counts a part of the prompt as read from and written to a cache. */
      cached: boolean;
    }
  | { kind: 'fail'; status: number }
  | { kind: 'hang' };

const SLOW_FIRST_BYTE_MS = 2_000;
const SLOW_WORD_MS = 200;
const SILENT_MS = 35_000;
/** Longer waits than a day are typing errors. */
const WAIT_MS_MAX = 86_400_000;

/** The behaviour of `echo`, `slow-500`, `fail-429` …, with or without `sandbox/` in front; undefined if unknown. */
export function findBehaviour(model: string): Behaviour | undefined {
  const name = model.replace(/^sandbox\//, '');
  const fixed = FIXED.get(name);
  if (fixed) return fixed;
  const [, kind = '', digits = ''] = /^([a-z]+)-(\d{1,10})$/.exec(name) ?? [];
  return digits === '' ? undefined : byNumber(kind, Number(digits));
}

function byNumber(kind: string, number: number): Behaviour | undefined {
  switch (kind) {
    case 'slow':
    case 'silent':
      return answer({ firstByteMs: Math.min(number, WAIT_MS_MAX) });
    case 'drip':
      return answer({ wordMs: Math.min(number, WAIT_MS_MAX) });
    case 'long':
      return answer({ draft: () => draftWords(number) });
    case 'bytes':
      return answer({ draft: () => draftBytes(number) });
    case 'fail':
      return number >= 400 && number <= 599 ? { kind: 'fail', status: number } : undefined;
    default:
      return undefined;
  }
}

function answer(changes: Partial<Extract<Behaviour, { kind: 'answer' }>>): Behaviour {
  const plain = { firstByteMs: 0, wordMs: 0, ending: 'finish', cached: false } as const;
  return { kind: 'answer', draft: draftEcho, ...plain, ...changes };
}

const FIXED = new Map<string, Behaviour>([
  ['echo', answer({})],
  ['tools', answer({ draft: draftTools })],
  ['reason', answer({ draft: draftReason })],
  ['refuse', answer({ draft: draftRefusal })],
  ['empty', answer({ draft: draftNothing })],
  ['cached', answer({ cached: true })],
  ['slow', answer({ firstByteMs: SLOW_FIRST_BYTE_MS, wordMs: SLOW_WORD_MS })],
  ['silent', answer({ firstByteMs: SILENT_MS })],
  ['truncate', answer({ ending: 'cut' })],
  ['error-midstream', answer({ ending: 'error' })],
  ['malformed', answer({ ending: 'garbage' })],
  ['hang', { kind: 'hang' }],
]);
