// An end of a command that it can explain.

import { Fault } from '../canonical/fault.ts';

/** 1: it did not work; 2: it was asked for wrongly. */
export type FailureCode = 1 | 2;

/** The message is for people: what is wrong, and on further lines what to do. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: FailureCode;
  readonly code: string;

  constructor(message: string, exitCode: FailureCode = 1, code = exitCode === 2 ? 'usage' : 'failed') {
    super(message);
    this.exitCode = exitCode;
    this.code = code;
  }
}

/** Whatever was thrown as a failure to show; what we did not foresee keeps its own words. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  if (thrown instanceof Fault) return new Failure(thrown.message, 1, thrown.code);
  const isFull = thrown instanceof Error && 'code' in thrown && FULL.has(String(thrown.code));
  if (isFull) return new Failure('The disk has no room left. Make some and try again.', 1, 'storage_fault');
  return new Failure(thrown instanceof Error ? thrown.message : String(thrown), 1, 'internal_error');
}

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'SQLITE_FULL']);
