// The operator's routes about money: usage, the ledger, and charging anew.

import { Elysia } from 'elysia';
import type { ReportWords } from '../accounts/day-range.ts';
import type { Reports } from '../accounts/reports.ts';
import { usageCsv, usageJson } from '../accounts/usage-report.ts';
import { Fault } from '../canonical/fault.ts';
import type { JsonValue } from '../lib/json.ts';
import { type Verification, verificationJson } from '../store/verification.ts';
import { adminDoor, type Guard, type Handle, optionalBody } from './admin-door.ts';
import { describeRoute } from './openapi.ts';
import { labelled } from './reply.ts';

export type UsagePorts = { reports: Reports; verify: () => Promise<Verification> };

/** `/admin/usage` and `/admin/ledger…`. */
export function adminUsage({ reports, verify }: UsagePorts, guard: Guard) {
  const run = adminDoor(guard);
  const usage: Handle = async (request) => {
    const words = wordsOf(request);
    const report = await reports.usage(words);
    return wantsCsv(request, words) ? csvResponse(request, usageCsv(report)) : usageJson(report);
  };
  const entries: Handle = (request) => reports.entries(wordsOf(request));
  const rerate: Handle = async (request) => {
    const body = await optionalBody(request);
    const words = Object.entries(body).map(([name, value]) => [name, wordOf(value)]);
    return reports.rerate(Object.fromEntries(words));
  };
  const verified: Handle = async () => verificationJson(await verify());
  return new Elysia({ name: 'admin-usage' })
    .get('/admin/usage', run(usage), { detail: DETAILS.usage })
    .get('/admin/ledger', run(entries), { detail: DETAILS.entries })
    .get('/admin/ledger/verify', run(verified), { detail: DETAILS.verify })
    .post('/admin/ledger/rerate', run(rerate), { parse: 'none', detail: DETAILS.rerate });
}

/** As a query would say it. */
function wordOf(value: JsonValue): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function wordsOf(request: Request): ReportWords {
  return Object.fromEntries(new URL(request.url).searchParams);
}

function wantsCsv(request: Request, { format }: ReportWords): boolean {
  if (format === undefined || format === '')
    return request.headers.get('accept')?.trim().toLowerCase().startsWith('text/csv') ?? false;
  if (format === 'csv' || format === 'json') return format === 'csv';
  throw new Fault('invalid_value', 'format must be json or csv', { param: 'format' });
}

function csvResponse(request: Request, text: string): Response {
  const headers = {
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': 'attachment; filename="usage.csv"',
  };
  return labelled(request, new Response(text, { headers }));
}

const parameter = (name: string, description: string) => ({
  name,
  in: 'query' as const,
  description,
  required: false,
  schema: { type: 'string' as const },
});
const from = parameter('from', 'The first day, as in `2026-11-01`.');
const to = parameter('to', 'The last day, included; today when left out.');
const key = parameter('key', 'Only this key: its id, name or visible beginning.');

const DETAILS = {
  usage: {
    ...describeRoute({
      tag: 'Admin',
      id: 'getUsage',
      summary: 'Calls, tokens and cost',
      description:
        'Days are those of `billing.timezone`; the last 30 when left out. With `format=csv`, or `Accept: text/csv`, ' +
        'a table for spreadsheets. `undelivered` counts charged calls whose last bytes are not known to have left, `from_cache` those that the cache answered.',
    }),
    parameters: [
      from,
      to,
      parameter('by', 'A list of `key`, `model`, `provider`, `day`; `model` when left out.'),
      key,
      parameter('model', 'Only this model, by its id.'),
      parameter('undelivered', '`false` leaves it and `from_cache` out, which is quicker.'),
      parameter('format', '`json` or `csv`.'),
    ],
  },
  entries: {
    ...describeRoute({ tag: 'Admin', id: 'listEntries', summary: 'Entries of the ledger, newest first' }),
    parameters: [
      key,
      parameter('purse', 'Only what moves money into or out of this purse.'),
      parameter('limit', 'How many, 50 when left out, 1000 at most.'),
      parameter('before', 'The `next` of the page before.'),
    ],
  },
  verify: describeRoute({
    tag: 'Admin',
    id: 'verifyLedger',
    summary: 'Check every promise of the ledger',
    description:
      '`ok` is false when one is broken; `violations` names the first ones of each check. Calls go on meanwhile, on a ' +
      'large ledger the answer takes a while: about a second for 100,000 entries.',
  }),
  rerate: describeRoute({
    tag: 'Admin',
    id: 'rerate',
    summary: "Charge past calls anew by today's prices",
    description:
      'Shows what would change; `"post": true` writes it as corrections, beside the original charges. A second run ' +
      'finds nothing left to correct. Time keys get their quota corrected instead of a balance.',
    example: { from: '2026-11-01', to: '2026-11-30', post: false },
  }),
};
