// An end of a command that it can explain.

import { toFault } from '../canonical/fault.ts';

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

/** What a client is advised to do, as somebody at a command line does it. */
export function forCommands(message: string): string {
  return message.replace('GET /v1/models', '`osiris models`');
}

/** Whatever was thrown as a failure to show; what we did not foresee keeps its own words. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  const fault = toFault(thrown);
  if (fault.code !== 'internal_error') return new Failure(forCommands(fault.message), 1, fault.code);
  return new Failure(thrown instanceof Error ? thrown.message : String(thrown), 1, 'internal_error');
}
