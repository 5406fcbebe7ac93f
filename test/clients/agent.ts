// What the client runs know of a coding agent: its format, its shell tool, and how it is run once.

import type { Target, Tokens } from '../support/client.ts';
import type { ScriptedCall, WireFormat } from '../support/script.ts';
import type { HeadlessRun, RunDirectory } from './headless.ts';
import type { Programs } from './install.ts';

export type Agent = {
  name: string;
  format: WireFormat;
  /** The model it is asked to use, in the spelling it knows. */
  model: string;
  /** The model's call of its shell tool. */
  call(command: string): ScriptedCall;
  /** Leads one prompt to its answer. */
  run(programs: Programs, directory: RunDirectory, target: Target, prompt: string): Promise<AgentAnswer>;
};

export type AgentAnswer = { run: HeadlessRun; answer: string; tokens: Tokens };
