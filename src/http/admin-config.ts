// The operator's route that makes a running server read its configuration again.

import { Elysia } from 'elysia';
import { toFault } from '../canonical/fault.ts';
import type { Change } from '../config/live.ts';
import { describeRoute } from './openapi.ts';
import { faultResponse, jsonResponse, requestIdOf } from './reply.ts';

/** `/admin/config/reload`. `guard` lets a request in or throws. */
export function adminConfig(reload: () => Change, guard: (request: Request) => void) {
  const handle = ({ request }: { request: Request }) => {
    const requestId = requestIdOf(request.headers);
    try {
      guard(request);
      return jsonResponse(changeJson(reload()), requestId);
    } catch (thrown) {
      return faultResponse(toFault(thrown), requestId);
    }
  };
  return new Elysia({ name: 'admin-config' }).post('/admin/config/reload', handle, {
    parse: 'none',
    detail: DETAIL,
  });
}

function changeJson(change: Change) {
  return change.ok
    ? { ok: true, needs_restart: change.needsRestart, problems: [] }
    : { ok: false, needs_restart: [], problems: change.problems };
}

const DETAIL = describeRoute({
  tag: 'Admin',
  id: 'reloadConfig',
  summary: 'Read the configuration file again',
  description:
    'Calls under way end by the old one. With `ok` false nothing has changed and `problems` says why, with line and ' +
    'column; `needs_restart` names what differs from the start and waits for the next one.',
});
