// What is known of a client: how it is told of a server, and in which wire format it then calls.

import type { FormatId } from '../canonical/part.ts';

export type Os = 'linux' | 'macos' | 'windows';

/** A model as clients are told of it; several clients insist on its sizes. */
export type ModelFacts = { id: string; name: string; contextTokens: number; maxOutputTokens: number };

/** What a text is filled with. All of it is plain, so that no syntax has to quote it: see `fill.ts`. */
export type Fill = {
  /** The server's address without a slash or `/v1` at its end. */
  origin: string;
  key: string;
  /** The model to begin with. */
  model: ModelFacts;
  /** All models to list, the first being `model`. */
  models: readonly ModelFacts[];
};

export type Syntax = 'json' | 'toml' | 'yaml' | 'dotenv';

/** Where a file of a client is; `~` and `%NAME%` stand in folders as its documentation writes them. */
export type Place = {
  folder: Readonly<Record<Os, string>>;
  /** An environment variable that names another folder, and what stands below that. */
  moved?: { variable: string; below?: string };
  /** The first of these that exists is the one to change, else the last is made. */
  names: readonly [string, ...string[]];
};

/** The text is a whole file for who has none; into a file that exists, its members are put one by one. */
export type ConfigFile = {
  kind: 'file';
  place: Place;
  syntax: Syntax;
  text(fill: Fill): string;
  /** Top-level members that are written only where the file has none. */
  keeps?: readonly string[];
};

/** Environment variables, and what is typed after them. */
export type Variables = {
  kind: 'variables';
  title: string;
  values(fill: Fill): Readonly<Record<string, string>>;
  command?(fill: Fill): string;
  alternative?: true;
};

export type Code = {
  kind: 'code';
  title: string;
  language: 'typescript' | 'python' | 'shell';
  text(fill: Fill): string;
  alternative?: true;
};

/** A step is what to do, or a field and what goes into it. */
export type Step = string | readonly [field: string, value: string];
export type Steps = {
  kind: 'steps';
  title: string;
  steps(fill: Fill): readonly Step[];
  alternative?: true;
};

/** `alternative`: it stands in place of what comes before it. */
export type Block = ConfigFile | Variables | Code | Steps;

export type Client = {
  id: string;
  name: string;
  kind: 'agent' | 'editor' | 'library' | 'chat';
  /** What it speaks when set up as shown here. */
  format: Exclude<FormatId, 'google-generate-content'>;
  /** What its user agents are called in the journal, where it has one that tells it from others. */
  calledAs?: readonly [string, ...string[]];
  /** Models it works well with, the best first, as it knows their names. */
  prefers: readonly [ModelFacts, ...ModelFacts[]];
  blocks: readonly Block[];
  /** What else one should know. */
  notes?(fill: Fill): readonly string[];
  /** It calls from its maker's servers, which reach no private address. */
  callsFromOutside?: true;
};
