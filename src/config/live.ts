// The configuration of a running server: takes over a changed file wholly, or keeps the last good one and says why.

import { log } from '../lib/log.ts';
import type { Config, Problem } from './config.ts';
import type { Loaded } from './load.ts';
import { formatProblem } from './problem.ts';
import { keepFixed } from './restart.ts';

/** What became of an attempt; `needsRestart` names what differs from the start and stays as it was. */
export type Change = { ok: true; needsRestart: string[] } | { ok: false; problems: Problem[] };

/** A file that can be put in force. */
type Good = Extract<Loaded, { config: Config }>;

export type LiveOptions = {
  started: Config;
  /** Reads the file (or the defaults) again; never throws. */
  load: () => Loaded;
  /** Puts a configuration in force for every call that begins from now on. What it throws keeps the old one. */
  apply: (config: Config, loaded: Good) => void;
  /** Told of every attempt when it is over. */
  told?: (change: Change) => void;
};

export class LiveConfig {
  readonly #options: LiveOptions;
  #last: Change = { ok: true, needsRestart: [] };

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  /** Tries the file as it is now. */
  reload(): Change {
    const loaded = this.#options.load();
    this.#last = 'config' in loaded ? this.#take(loaded) : { ok: false, problems: loaded.problems };
    tell(this.#last);
    this.#options.told?.(this.#last);
    return this.#last;
  }

  /** What the operator should know, by the name of the check; for everybody's eyes. */
  warnings(): Record<string, string> {
    if (!this.#last.ok) return { config: describeRefusal(this.#last.problems.length) };
    const names = this.#last.needsRestart.join(', ');
    return names === '' ? {} : { config: `changed, but needs a restart to take effect: ${names}` };
  }

  #take(loaded: Good): Change {
    const { started, apply } = this.#options;
    const { config, needsRestart } = keepFixed(started, loaded.config);
    try {
      apply(config, loaded);
      return { ok: true, needsRestart };
    } catch (thrown) {
      log.error('the new configuration could not be put in force', { cause: thrown });
      const message = 'could not be put in force; the log says why';
      return { ok: false, problems: [{ file: config.file ?? '', line: 0, column: 0, path: '', message }] };
    }
  }
}

function describeRefusal(count: number): string {
  const problems = count === 1 ? 'a problem' : `${count} problems`;
  return `the file has ${problems}, the last good configuration stays in force; \`osiris check\` shows what is wrong`;
}

function tell(change: Change): void {
  if (!change.ok) {
    log.error('the configuration was not taken over: the last good one stays in force', {
      problems: change.problems.map(formatProblem),
    });
    return;
  }
  log.info('the configuration was read again and is in force');
  if (change.needsRestart.length > 0)
    log.warn('some changes of the configuration need a restart', { members: change.needsRestart.join(', ') });
}
