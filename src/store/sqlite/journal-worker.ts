// The journal's own thread: takes rows in, answers searches and forgets what is old, so that no call ever waits for it.

import { every, pause } from '../../lib/clock.ts';
import { JournalFile } from './journal-file.ts';
import type { FromWorker, ToWorker } from './journal-messages.ts';
import { findPage, type Search, sumClients } from './journal-search.ts';

declare const self: Worker;

const FORGET_PERIOD_MS = 60_000;
/** Between two steps of forgetting: leaves most of the disk to others. */
const FORGET_PAUSE_MS = 5;

/** What a failure is the answer to. */
type About = { ask?: number; batch?: number };

const SEARCH: Search = { file: journal, between: () => pause(0) };

let opening: (ToWorker & { kind: 'open' }) | undefined;
let opened: JournalFile | undefined;
let forgetting = false;

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  switch (data.kind) {
    case 'open':
      opening = data;
      every(FORGET_PERIOD_MS, forget);
      answer(() => {
        journal();
        return { kind: 'opened' };
      });
      void forget();
      return;
    case 'hide':
      if (opening) opening = { ...opening, secrets: data.secrets };
      // opened anew with them at the next write
      opened?.close();
      opened = undefined;
      return;
    case 'write':
      answer(
        () => {
          journal().write(data.packed);
          return { kind: 'written', batch: data.batch };
        },
        { batch: data.batch },
      );
      // a few batches of bodies can be more than a minute should wait for
      if (opened?.isFull()) void forget();
      return;
    case 'find':
      return void look(data.ask, async () => ({
        kind: 'found',
        ask: data.ask,
        page: await findPage(SEARCH, data.query),
      }));
    case 'sum':
      return void look(data.ask, async () => ({
        kind: 'summed',
        ask: data.ask,
        report: await sumClients(SEARCH, data.query),
      }));
    case 'show':
      return answer(() => ({ kind: 'shown', ask: data.ask, call: journal().show(data.callId) }), {
        ask: data.ask,
      });
    case 'close':
      return answer(() => {
        opened?.close();
        opened = undefined;
        opening = undefined;
        return { kind: 'closed' };
      });
    default:
      data satisfies never;
  }
};

/** The open file; one that could not be opened, or was given up, is tried anew. */
function journal(): JournalFile {
  if (!opening) throw new Error('the journal is closed');
  // who deletes it makes room, which comes only when it is closed
  if (opened?.isGone()) {
    opened.close();
    opened = undefined;
  }
  opened ??= JournalFile.open(opening.path, { limits: opening.limits, secrets: opening.secrets });
  return opened;
}

/** Does the work and says so, or why it failed. */
function answer(work: () => FromWorker, about: About = {}): void {
  try {
    tell(work());
  } catch (thrown) {
    fail(thrown, about);
  }
}

/** A look in steps, and its result as a message. */
async function look(ask: number, search: () => Promise<FromWorker>): Promise<void> {
  try {
    tell(await search());
  } catch (thrown) {
    fail(thrown, { ask });
  }
}

async function forget(): Promise<void> {
  if (forgetting) return;
  forgetting = true;
  try {
    let did = false;
    while (opened?.forgetStep()) {
      did = true;
      await pause(FORGET_PAUSE_MS);
    }
    if (did) opened?.checkpoint();
  } catch (thrown) {
    fail(thrown);
  } finally {
    forgetting = false;
  }
}

/** A broken file is opened anew the next time: it may have been replaced. */
function fail(thrown: unknown, { ask, batch }: About = {}): void {
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  try {
    opened?.close();
  } catch {
    // it could not even be closed
  }
  opened = undefined;
  if (ask !== undefined) tell({ kind: 'refused', ask, why });
  else tell({ kind: 'failed', why, ...(batch === undefined ? {} : { batch }) });
}

function tell(message: FromWorker): void {
  self.postMessage(message);
}
