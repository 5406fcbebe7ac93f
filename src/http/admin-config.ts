// The operator's routes for the configuration of a running server: read it again, look back, go back.

import { Elysia } from 'elysia';
import { Fault } from '../canonical/fault.ts';
import { diffOf, historyJson } from '../config/history-view.ts';
import type { Change } from '../config/live.ts';
import type { Loaded } from '../config/load.ts';
import type { Installation } from '../config/locate.ts';
import { rollBack } from '../config/rollback.ts';
import { adminDoor, type Guard, optionalBody } from './admin-door.ts';
import { CONFIG_DETAILS as DETAILS } from './docs-admin.ts';

export type ConfigPorts = {
  /** Reads the file again and puts it in force. */
  reload: () => Change;
  /** Reads a file without putting it in force. */
  load: (file: string) => Loaded;
  place: () => Installation;
};

/** `/admin/config…`. */
export function adminConfig(ports: ConfigPorts, guard: Guard) {
  const run = adminDoor(guard);
  const rollback = run(async (request) => {
    const { number } = await optionalBody(request);
    if (typeof number !== 'number' || !Number.isSafeInteger(number))
      throw new Fault('invalid_value', '`number` must be one of GET /admin/config/history, such as 3.', {
        param: 'number',
      });
    const done = rollBack({ ...ports.place(), number, load: ports.load });
    if (!done.ok) return changeJson(done);
    return { ...changeJson(ports.reload()), backup: done.backup ?? null };
  });
  const diff = run((request) => {
    const { searchParams } = new URL(request.url);
    const { dataDir, file } = ports.place();
    return diffOf(dataDir, file, {
      from: searchParams.get('from') ?? undefined,
      to: searchParams.get('to') ?? undefined,
    });
  });
  return new Elysia({ name: 'admin-config' })
    .post(
      '/admin/config/reload',
      run(() => changeJson(ports.reload())),
      { parse: 'none', detail: DETAILS.reload },
    )
    .get(
      '/admin/config/history',
      run(() => historyJson(ports.place().dataDir)),
      { detail: DETAILS.history },
    )
    .get('/admin/config/diff', diff, { detail: DETAILS.diff })
    .post('/admin/config/rollback', rollback, { parse: 'none', detail: DETAILS.rollback });
}

function changeJson(change: Change) {
  return change.ok
    ? { ok: true, needs_restart: change.needsRestart, problems: [] }
    : { ok: false, needs_restart: [], problems: change.problems };
}
