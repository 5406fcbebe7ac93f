// The kill switch: what the operator has paused, which nobody is asked for until it is resumed.

import { Fault } from '../../canonical/fault.ts';
import type { Model } from '../../catalog/model.ts';
import { formatTime } from '../../lib/clock.ts';
import { type Pause, storedPauses, storePauses } from '../../store/pauses.ts';
import type { Directory } from '../../store/ports.ts';
import type { CallsUnderWay } from '../call.ts';
import type { Candidate } from '../candidates/candidate.ts';

/** Most clients heed `x-should-retry` and show the message at once; Codex waits this out five times before it does. */
const RETRY_S = 2;

export class Pauses {
  #all: readonly Pause[];
  readonly #directory: Pick<Directory, 'getFact' | 'setFact'>;
  #tell: (change: PauseChange) => void = () => {};

  /** Begins with what the database remembers. */
  constructor(directory: Pick<Directory, 'getFact' | 'setFact'>) {
    this.#directory = directory;
    this.#all = storedPauses(directory);
  }

  /** Nearly always: a call then costs one look. */
  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  /** In the order in which they began. */
  get all(): readonly Pause[] {
    return this.#all;
  }

  /** The pause of the whole server. */
  get ofServer(): Pause | undefined {
    return this.#all.find(({ scope }) => scope === 'server');
  }

  /** Why this one may not be asked now. */
  of({ provider }: Candidate, model: Model): Pause | undefined {
    return this.#all.find((pause) => concerns(pause, provider.id, model.id));
  }

  /** Takes the place of an earlier pause of the same. Durable when it returns. */
  begin(pause: Pause): void {
    this.#change([...this.#all.filter((each) => !isSame(each, pause)), pause]);
    this.#tell({ kind: 'paused', pause });
  }

  /** Those that were lifted. Durable when it returns. */
  end(lifted: (pause: Pause) => boolean): readonly Pause[] {
    const ended = this.#all.filter(lifted);
    if (ended.length > 0) this.#change(this.#all.filter((pause) => !lifted(pause)));
    for (const pause of ended) this.#tell({ kind: 'resumed', pause });
    return ended;
  }

  /** Has `tell` hear of every change from now on. */
  tell(tell: (change: PauseChange) => void): void {
    this.#tell = tell;
  }

  /** The same as a check of `/health/ready`, for everybody's eyes: how many providers and models, not which. */
  warnings(): Record<string, string> {
    const { ofServer } = this;
    if (ofServer) return { paused: `${whyServer(ofServer)} since ${formatTime(ofServer.sinceMs)}` };
    if (this.isEmpty) return {};
    const { length } = this.#all;
    const which = length === 1 ? '1 provider or model is' : `${length} providers and models are`;
    return {
      paused: `${which} paused by the operator; \`osiris alerts list\` or GET /admin/health shows which`,
    };
  }

  #change(next: readonly Pause[]): void {
    storePauses(this.#directory, next);
    this.#all = next;
  }
}

/** What a start has to say of it; empty when nothing is paused. */
export function pausesText(pauses: Pauses): string {
  const lines = pauses.all.map((pause) => {
    const why = pause.scope === 'server' ? whyServer(pause) : whyPart(pause);
    return `${why} since ${formatTime(pause.sinceMs)}.\n`;
  });
  if (lines.length > 0) lines.push('Calls to it are refused. To go on: osiris admin resume --all\n');
  return lines.join('');
}

/** The command that ends this pause and no other. */
export function resumeCommand({ scope, name }: Pick<Pause, 'scope' | 'name'>): string {
  return scope === 'server' ? 'osiris admin resume' : `osiris admin resume --${scope} ${name}`;
}

/** For who has no database. */
export function nothingPaused(): Pauses {
  return new Pauses({ getFact: () => undefined, setFact() {} });
}

export type PauseChange = { kind: 'paused' | 'resumed'; pause: Pause };

/** What a client is told. */
export function pausedFault(pause: Pause): Fault {
  const why = pause.scope === 'server' ? whyServer(pause) : whyPart(pause);
  return new Fault('paused', `${why}. It answers again when the operator resumes it.`, {
    retryAfterS: RETRY_S,
    ...(pause.scope === 'server' ? {} : { param: 'model' }),
    details: { paused: pause.scope, since: formatTime(pause.sinceMs) },
  });
}

/** Ends the calls under way that a pause concerns; they are told why and charged nothing. Returns how many. */
export function cutPaused(running: CallsUnderWay, pause: Pause): number {
  const cut = [...running].filter(
    ({ trace, model }) => pause.scope === 'server' || concerns(pause, trace.asking, model.id),
  );
  for (const call of cut) call.abort.abort(pausedFault(pause));
  return cut.length;
}

function concerns({ scope, name }: Pause, provider: string | undefined, model: string): boolean {
  switch (scope) {
    case 'server':
      return true;
    case 'provider':
      return name === provider;
    case 'model':
      return name === model;
    default:
      return scope satisfies never;
  }
}

function isSame(one: Pause, other: Pause): boolean {
  return one.scope === other.scope && one.name === other.name;
}

function whyServer({ reason }: Pause): string {
  return `The operator has paused this server${reasonText(reason)}`;
}

function whyPart({ scope, name, reason }: Pause): string {
  return `The operator has paused ${scope} ${name}${reasonText(reason)}`;
}

function reasonText(reason: string | undefined): string {
  return reason === undefined ? '' : ` (${reason})`;
}
