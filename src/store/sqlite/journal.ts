// The journal in its own file and its own thread: this end only keeps rows until the other one takes them.

import { Fault } from '../../canonical/fault.ts';
import { after, nowMs } from '../../lib/clock.ts';
import { log } from '../../lib/log.ts';
import type { ClientReport } from '../client-sums.ts';
import { journalPath } from '../data-dir.ts';
import type {
  ClientQuery,
  Journal,
  JournalCounts,
  JournalEntry,
  JournalFilter,
  JournalPage,
  JournalQuery,
  JournalReader,
  JournalRow,
  JournalTail,
  ShownCall,
} from '../journal-port.ts';
import { RecentRows } from '../journal-tail.ts';
import { JournalFile } from './journal-file.ts';
import type { FromWorker, JournalLimits, ToWorker } from './journal-messages.ts';
import { packEntries } from './journal-pack.ts';
import { JournalQueue } from './journal-queue.ts';
import { findPage, sumClients } from './journal-search.ts';
import { startWorker } from './worker.ts';

const FLUSH_MS = 100;
/** So many are handed on at once: what waits longer than a few milliseconds is dear to collect. */
const FLUSH_ROWS = 256;
const BATCH_ROWS = 256;
const RETRY_MS = 2_000;
const CLOSE_MS = 5_000;
const ANSWER_MS = 30_000;

export type JournalOptions = {
  limits: JournalLimits;
  /** Taken out of bodies: our credentials at the providers. */
  secrets: readonly string[];
  /** Told of each call once, when its row is built. */
  noted?: (row: JournalRow) => void;
  /** Of the thread, for tests of one that fails. */
  start?: () => Worker;
};

/** `hide` adds to the secrets that are taken out of bodies. */
export type HidingJournal = Journal & { hide(secrets: readonly string[]): void };

/** The journal of a running server. Never throws: what is wrong shows as `trouble`. */
export function openJournal(dataDir: string, options: JournalOptions): HidingJournal {
  return new ThreadedJournal(journalPath(dataDir), options);
}

/** The journal as a command reads it while no server runs; undefined when there is none. Throws `storage_fault`. */
export function readJournal(dataDir: string): JournalReader | undefined {
  const file = JournalFile.openToRead(journalPath(dataDir));
  return (
    file && {
      find: (query) => findPage({ file: () => file }, query),
      show: async (callId) => file.show(callId),
      clients: (query) => sumClients({ file: () => file }, query),
      close: async () => file.close(),
    }
  );
}

type Question = { resolve: (answer: FromWorker) => void; reject: (fault: Fault) => void };

class ThreadedJournal implements HidingJournal {
  readonly #path: string;
  readonly #options: JournalOptions;
  #secrets: readonly string[];
  readonly #queue = new JournalQueue();
  readonly #recent = new RecentRows(nowMs());
  readonly #questions = new Map<number, Question>();
  #worker: Worker | undefined;
  #pending: (() => JournalEntry)[] = [];
  /** What the thread is writing now, and its number. */
  #batch: JournalEntry[] | undefined;
  #batches = 0;
  #timer: (() => void) | undefined;
  #trouble: string | undefined;
  #unknownKeys = 0;
  #asked = 0;
  #idle: (() => void)[] = [];
  #closed: (() => void) | undefined;

  constructor(path: string, options: JournalOptions) {
    this.#path = path;
    this.#options = options;
    this.#secrets = [...new Set(options.secrets)];
    this.#start();
  }

  record(entry: () => JournalEntry): void {
    this.#pending.push(entry);
    const isFull = this.#pending.length === FLUSH_ROWS && this.#trouble === undefined;
    if (isFull) this.#timer?.();
    if (isFull || this.#timer === undefined) this.#timer = after(isFull ? 0 : FLUSH_MS, () => this.#flush());
  }

  countUnknownKey(): void {
    this.#unknownKeys++;
  }

  finish(): Promise<void> {
    this.#flush();
    if (this.#batch === undefined) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  async find(query: JournalQuery): Promise<JournalPage> {
    await this.finish();
    const answer = await this.#ask((ask) => ({ kind: 'find', ask, query }));
    if (answer.kind === 'found') return answer.page;
    throw new Fault('internal_error', 'The request journal gave the wrong answer.');
  }

  async show(callId: bigint): Promise<ShownCall | undefined> {
    await this.finish();
    const answer = await this.#ask((ask) => ({ kind: 'show', ask, callId }));
    if (answer.kind === 'shown') return answer.call;
    throw new Fault('internal_error', 'The request journal gave the wrong answer.');
  }

  async clients(query: ClientQuery): Promise<ClientReport> {
    await this.finish();
    const answer = await this.#ask((ask) => ({ kind: 'sum', ask, query }));
    if (answer.kind === 'summed') return answer.report;
    throw new Fault('internal_error', 'The request journal gave the wrong answer.');
  }

  tail(position: number, filter: JournalFilter): JournalTail {
    this.#build();
    return this.#recent.after(position, filter);
  }

  hide(secrets: readonly string[]): void {
    const all = new Set([...this.#secrets, ...secrets]);
    if (all.size === this.#secrets.length) return;
    this.#secrets = [...all];
    this.#tell({ kind: 'hide', secrets: this.#secrets });
  }

  counts(): JournalCounts {
    return { dropped: this.#queue.dropped, unknownKeys: this.#unknownKeys };
  }

  trouble(): string | undefined {
    return this.#trouble;
  }

  async close(): Promise<void> {
    const late = Promise.withResolvers<void>();
    const cancel = after(CLOSE_MS, late.resolve);
    await Promise.race([this.finish(), late.promise]);
    const closed = new Promise<void>((resolve) => {
      this.#closed = resolve;
    });
    this.#tell({ kind: 'close' });
    if (this.#worker) await Promise.race([closed, late.promise]);
    cancel();
    this.#timer?.();
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  /** Builds what was recorded and hands it on. Runs off the calls' path, ten times a second at most. */
  #flush(): void {
    this.#timer?.();
    this.#timer = undefined;
    this.#build();
    this.#send();
  }

  #build(): void {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    for (const build of pending) {
      try {
        const entry = build();
        this.#recent.add(entry.row);
        this.#options.noted?.(entry.row);
        this.#queue.push(entry);
      } catch (thrown) {
        log.error('a call could not be noted in the request journal', { cause: thrown });
      }
    }
  }

  #send(): void {
    if (this.#batch !== undefined || this.#queue.size === 0) return;
    if (!this.#worker) this.#start();
    if (!this.#worker) return;
    this.#batch = this.#queue.take(BATCH_ROWS);
    this.#batches++;
    this.#tell({ kind: 'write', batch: this.#batches, packed: packEntries(this.#batch) });
  }

  #start(): void {
    try {
      const worker = (this.#options.start ?? (() => startWorker('journal-worker.ts')))();
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#hear(data);
      worker.onerror = (event) => {
        event.preventDefault?.();
        this.#lose(worker, event.message);
      };
      this.#worker = worker;
      const { limits } = this.#options;
      this.#tell({ kind: 'open', path: this.#path, limits, secrets: this.#secrets });
    } catch (thrown) {
      this.#fail(thrown instanceof Error ? thrown.message : String(thrown), true);
    }
  }

  #tell(message: ToWorker): void {
    try {
      this.#worker?.postMessage(message);
    } catch (thrown) {
      log.error('the request journal refused a message', { cause: thrown });
    }
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case 'opened':
        return;
      case 'written':
        if (message.batch === this.#batches) this.#goOn();
        return;
      case 'failed':
        this.#fail(message.why, message.batch === this.#batches);
        return;
      case 'found':
      case 'shown':
      case 'summed':
        this.#questions.get(message.ask)?.resolve(message);
        return;
      case 'refused':
        this.#questions.get(message.ask)?.reject(unreadable(message.why));
        return;
      case 'closed':
        this.#closed?.();
        return;
      default:
        message satisfies never;
    }
  }

  /** The batch is written. A full one goes on its way at once, less waits for its 100 ms. */
  #goOn(): void {
    this.#batch = undefined;
    if (this.#trouble !== undefined) log.info('the request journal is written again');
    this.#trouble = undefined;
    if (this.#queue.size >= BATCH_ROWS || this.#idle.length > 0) this.#send();
    if (this.#batch !== undefined) return;
    this.#rest();
    if (this.#queue.size > 0) this.#timer ??= after(FLUSH_MS, () => this.#flush());
  }

  /** The thread is gone: the next flush starts another. */
  #lose(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    worker.terminate();
    for (const question of this.#questions.values()) question.reject(unreadable(why));
    this.#closed?.();
    this.#fail(why, true);
  }

  /** What could not be written waits for the next try, as much as there is room for. */
  #fail(why: string, ofBatch: boolean): void {
    if (this.#trouble === undefined)
      log.warn('the request journal cannot be written; calls go on without it', { why });
    this.#trouble = why;
    if (!ofBatch) return;
    if (this.#batch) this.#queue.putBack(this.#batch);
    this.#batch = undefined;
    this.#rest();
    if (this.#queue.size > 0) {
      this.#timer?.();
      this.#timer = after(RETRY_MS, () => this.#flush());
    }
  }

  #rest(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #ask(message: (ask: number) => ToWorker): Promise<FromWorker> {
    if (!this.#worker) this.#start();
    const ask = ++this.#asked;
    const { promise, resolve, reject } = Promise.withResolvers<FromWorker>();
    this.#questions.set(ask, { resolve, reject });
    const cancel = after(ANSWER_MS, () => reject(unreadable('it did not answer in time')));
    if (!this.#worker) reject(unreadable(this.#trouble ?? 'its thread does not start'));
    else this.#tell(message(ask));
    try {
      return await promise;
    } finally {
      cancel();
      this.#questions.delete(ask);
    }
  }
}

function unreadable(why: string): Fault {
  return new Fault('storage_fault', `The request journal cannot be read: ${why}`);
}
