// What a monitoring system reads at `/metrics`: the calls so far, and how the server stands at this moment.

import { Elysia } from 'elysia';
import type { Alerts } from '../alerts/alerts.ts';
import { Fault } from '../canonical/fault.ts';
import type { Config } from '../config/config.ts';
import { bearerOf } from '../gateway/admission/credentials.ts';
import { type CapPorts, capStanding } from '../gateway/admission/daily-cap.ts';
import type { Turns } from '../gateway/admission/turns.ts';
import { type AilingPorts, ailing } from '../gateway/health/ailing.ts';
import type { Pauses } from '../gateway/health/pauses.ts';
import { STARTED_S } from '../lib/clock.ts';
import { equalConstantTime, sha256Hex } from '../lib/crypto.ts';
import { EXPOSITION_TYPE, Exposition, type Sample } from '../lib/exposition.ts';
import { usd } from '../lib/money.ts';
import { VERSION } from '../lib/version.ts';
import type { CallCounts } from '../store/call-counts.ts';
import type { Journal } from '../store/journal-port.ts';
import type { Cache, Ledger } from '../store/ports.ts';
import { adminDoor, type Guard } from './admin-door.ts';
import type { Readiness } from './health.ts';
import { routeDetail } from './openapi.ts';

type Standing = AilingPorts &
  CapPorts & {
    config: Config;
    ledger: Pick<Ledger, 'today' | 'lagMs'>;
    turns: Pick<Turns, 'running' | 'waiting'>;
    pauses: Pick<Pauses, 'all' | 'ofServer'>;
    cache: Pick<Cache, 'size'>;
    journal: Pick<Journal, 'counts'>;
  };

export type MetricsPorts = {
  gateway: () => Standing;
  calls: Pick<CallCounts, 'write'>;
  alerts: Pick<Alerts, 'open'>;
  readiness: () => Promise<Readiness>;
};

export function metrics(ports: MetricsPorts, guard: Guard) {
  const run = adminDoor(guard);
  const show = run(async () => {
    const { ready } = await ports.readiness();
    const page = new Exposition();
    ports.calls.write(page);
    writeStanding(page, ports, ready);
    writeProcess(page);
    return new Response(page.toString(), { headers: { 'content-type': EXPOSITION_TYPE } });
  });
  return new Elysia({ name: 'metrics' }).get('/metrics', show, { detail: routeDetail('metrics') });
}

/**
 * Lets in who has the token for just this, from wherever, and whom `operator` lets in. The others are told of the token
 * rather than of the admin secret, which nobody should open to a monitoring system.
 */
export function metricsGuard(token: () => string | undefined, operator: Guard): Guard {
  return (request) => {
    const wanted = token();
    const sent = bearerOf(request.headers.get('authorization'));
    if (wanted !== undefined && sent !== undefined && equalConstantTime(sha256Hex(sent), sha256Hex(wanted)))
      return;
    try {
      operator(request);
    } catch (thrown) {
      if (!(thrown instanceof Fault) || !REFUSED.has(thrown.code)) throw thrown;
      throw new Fault(thrown.code, wanted === undefined ? NO_TOKEN : WRONG_TOKEN);
    }
  };
}

const REFUSED: ReadonlySet<string> = new Set(['not_allowed', 'missing_api_key', 'invalid_api_key']);
const WRONG_TOKEN = 'Send the value of `server.metrics_token` as "Authorization: Bearer".';
const NO_TOKEN = 'The operator can set `server.metrics_token`; it is then sent as "Authorization: Bearer".';

function writeStanding(page: Exposition, { gateway, alerts }: MetricsPorts, ready: boolean): void {
  const ports = gateway();
  const one = (name: string, help: string, value: number) => page.add(name, 'gauge', help, [[{}, value]]);
  one('osiris_ready', '1 when /health/ready says yes.', ready ? 1 : 0);
  one('osiris_calls_running', 'Calls under way that have their turn.', ports.turns.running);
  one('osiris_calls_waiting', 'Calls that wait for their turn.', ports.turns.waiting);
  one('osiris_paused', '1 while the operator has paused the whole server.', ports.pauses.ofServer ? 1 : 0);
  one(
    'osiris_ledger_lag_seconds',
    'How long the oldest charge has waited for the disk.',
    ports.ledger.lagMs() / 1000,
  );
  one('osiris_spent_today_usd', 'Charged to all keys today, in USD.', usd(ports.ledger.today().spentNano));
  const cap = capStanding(ports);
  if (cap) one('osiris_daily_cap_usd', 'What may be charged in a day, in USD.', usd(cap.capNano));
  page.add(
    'osiris_deployment_resting',
    'gauge',
    '1 for each deployment that is left alone for now, and why.',
    ailing(ports).map(({ provider, model, why }): Sample => [{ provider, model, why }, 1]),
  );
  page.add(
    'osiris_alert_open',
    'gauge',
    '1 for each trouble that is not over.',
    alerts.open().map(({ event, subject }): Sample => [{ event, subject }, 1]),
  );
  const { answers, bytes } = ports.cache.size();
  one('osiris_cache_answers', 'Answers kept to be given again.', answers);
  one('osiris_cache_bytes', 'The memory that they take.', bytes);
  const { dropped, unknownKeys } = ports.journal.counts();
  const counted = (name: string, help: string, value: number) =>
    page.add(name, 'counter', help, [[{}, value]]);
  counted('osiris_journal_rows_dropped_total', 'Rows the journal had no room for.', dropped);
  counted('osiris_unknown_key_requests_total', 'Requests without a valid key.', unknownKeys);
}

/** By the names that Prometheus's own libraries have for them. */
function writeProcess(page: Exposition): void {
  const { user, system } = process.cpuUsage();
  page.add('osiris_build_info', 'gauge', 'Which Osiris this is.', [[{ version: VERSION }, 1]]);
  page.add('process_cpu_seconds_total', 'counter', 'User and system CPU time.', [
    [{}, (user + system) / 1e6],
  ]);
  page.add('process_resident_memory_bytes', 'gauge', 'Resident memory.', [[{}, process.memoryUsage.rss()]]);
  page.add('process_start_time_seconds', 'gauge', 'When the process began, in seconds since 1970.', [
    [{}, STARTED_S],
  ]);
}
