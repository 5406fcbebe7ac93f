// What the client runs know of a coding agent: where it comes from, its tools, and how it is run once.

import type { Target, Tokens } from '../support/client.ts';
import type { ScriptedCall, WireFormat } from '../support/script.ts';
import type { HeadlessRun, RunDirectory } from './headless.ts';

export type Agent = {
  /** As the gateway calls it, and in file names. */
  id: string;
  name: string;
  version: string;
  /** npm packages in exact versions. */
  packages: Record<string, string>;
  /** How it is started: words, of which those with a slash are paths inside `node_modules`. */
  program: string[];
  format: WireFormat;
  /** The model it is asked to use, in the spelling it knows. */
  model: string;
  /** At most so many requests of one run are no turn of the conversation, such as one for a title; they bear no tools. */
  asides: number;
  /** Within this it must end when every request fails: its own tries again, those for its title, on a busy machine. */
  patience: Bounds;
  /** The same where answers break off, when that is less. */
  patienceUnfinished?: Bounds;
  /** The model's call of the tool that reads a file, or writes one. */
  read(path: string): ScriptedCall;
  write(path: string, text: string): ScriptedCall;
  /** How it words failures of a provider where it does not show the gateway's own words. */
  ownWords?: RegExp;
  delegation: Delegation;
  /** Leads one prompt to its answer. */
  run(program: string[], directory: RunDirectory, target: Target, prompt: string): Promise<AgentAnswer>;
};

export type Bounds = { seconds: number; requests: number };

/** How it has other agents do parts of its work. */
export type Delegation = {
  /** The model's call of the tool that starts another agent with a task of its own. */
  call(task: string): ScriptedCall;
  /** The call that waits for those agents, where they run beside it; `body` is the request that is answered. */
  gather?(body: string): ScriptedCall;
  /** What has to run beside it for that, and how it is run then. */
  begin?(program: string[], directory: RunDirectory, target: Target): Promise<Company>;
};

export type Company = { run: Agent['run']; stop(): Promise<void> };

export type AgentAnswer = {
  run: HeadlessRun;
  answer: string;
  /** The error it ends with, as the person before it reads it; empty when there is none. */
  complaint: string;
  /** What it says it used; undefined where it does not tell. */
  tokens: Tokens | undefined;
};
