// `osiris alerts …`: what the operator was told, what is wrong now, and whether alerts arrive.

import type { Command } from 'commander';
import { nowMs } from '../lib/clock.ts';
import { asArray, asNumber, asObject, asString, type JsonObject } from '../lib/json.ts';
import { socketPath } from '../store/data-dir.ts';
import { requireConfig } from './config.ts';
import { Failure } from './failure.ts';
import { askServer, isListening } from './local-socket.ts';
import { withJson, withPlace } from './options.ts';
import type { CommandPorts, ConfigFlags, Host } from './ports.ts';
import { formatTable } from './table.ts';

type Flags = ConfigFlags & { json?: boolean };

export function addAlertsCommands(program: Command, ports: CommandPorts, host: Host): void {
  const alerts = program
    .command('alerts')
    .description('what is wrong now, what you were told of late, and whether alerts arrive');
  withJson(withPlace(alerts.command('list')))
    .description('show deployments that are left alone, open and recent alerts, and how each webhook fares')
    .action((flags: Flags) => list(flags, ports, host));
  withJson(withPlace(alerts.command('test')))
    .description('post one alert to every webhook of the configuration and show what each answered')
    .action((flags: Flags) => test(flags, ports, host));
}

async function list(flags: Flags, ports: CommandPorts, host: Host): Promise<void> {
  const { dataDir } = ports.locate(flags);
  const socket = socketPath(dataDir);
  if (!(await isListening(socket)))
    throw new Failure(
      `No server runs on ${dataDir}, so nobody watches.\nStart it: osiris serve`,
      1,
      'no_server',
    );
  const health = await askServer(socket, 'GET', '/admin/health');
  host.stdout(flags.json ? `${JSON.stringify(health)}\n` : describeHealth(health));
}

/** `/admin/health` as people read it. */
export function describeHealth({ data, alerts }: JsonObject): string {
  const { open, recent, webhooks } = asObject(alerts);
  return [
    section('Left alone now', ['PROVIDER', 'MODEL', 'WHY', 'UNTIL (UTC)'], data, 'No deployment.', (row) => [
      textOf(row.provider),
      textOf(row.model),
      textOf(row.why),
      restOf(row.until),
    ]),
    section('Wrong now', ['SINCE (UTC)', 'EVENT', 'TIMES', 'WHAT'], open, 'Nothing.', (row) => [
      timeOf(row.since),
      textOf(row.event),
      textOf(row.times),
      textOf(row.message),
    ]),
    section('Told of late', ['WHEN (UTC)', 'EVENT', 'STATE', 'WHAT'], recent, 'Nothing.', (row) => [
      timeOf(row.at),
      textOf(row.event),
      textOf(row.state),
      textOf(row.message),
    ]),
    section(
      'Webhooks',
      ['RECEIVER', 'FORMAT', 'SENT', 'WAITING', 'DROPPED', 'TROUBLE'],
      webhooks,
      NO_WEBHOOK,
      (row) => [
        textOf(row.receiver),
        textOf(row.format),
        textOf(row.sent),
        textOf(row.waiting),
        textOf(row.dropped),
        asString(row.trouble) ?? '-',
      ],
    ),
  ].join('\n');
}

const NO_WEBHOOK = 'None: add one under `alerts.webhooks` in the configuration file.';

function section(
  title: string,
  head: string[],
  rows: JsonObject[string] | undefined,
  none: string,
  cellsOf: (row: JsonObject) => string[],
): string {
  const items = asArray(rows).map(asObject);
  return `${title}\n${items.length === 0 ? `${none}\n` : formatTable(head, items.map(cellsOf))}`;
}

async function test(flags: Flags, ports: CommandPorts, host: Host): Promise<void> {
  const { dataDir } = ports.locate(flags);
  const socket = socketPath(dataDir);
  const data = (await isListening(socket))
    ? asArray((await askServer(socket, 'POST', '/admin/alerts/test')).data).map(asObject)
    : await ports.sendTestAlerts(requireConfig(ports, flags));
  if (data.length === 0)
    throw new Failure(
      'No webhook is configured, so nobody is told of trouble.\nAdd one: alerts: { webhooks: [ { url: "https://…" } ] }',
      1,
      'no_webhook',
    );
  if (flags.json) host.stdout(`${JSON.stringify({ object: 'list', data })}\n`);
  else host.stdout(data.map(outcomeOf).join(''));
  if (data.some(({ ok }) => ok !== true)) throw new Failure('', 1, 'not_delivered');
}

function outcomeOf({ receiver, format, ok, status, answer, ms }: JsonObject): string {
  const who = `${textOf(receiver)} (${textOf(format)})`;
  const said = asString(answer) ?? '';
  if (asNumber(status) === undefined) return `${who}: ${said}\n`;
  const outcome = ok === true ? 'took it' : 'did not take it';
  return `${who} ${outcome}: status ${textOf(status)} in ${textOf(ms)} ms${said === '' ? '' : `, ${said}`}\n`;
}

function textOf(value: JsonObject[string] | undefined): string {
  return value === undefined || value === null ? '-' : String(value);
}

/** When a deployment is asked again; once that is over, the next call for it finds out how it is. */
function restOf(until: JsonObject[string] | undefined): string {
  return Date.parse(textOf(until)) > nowMs() ? timeOf(until) : 'its next call';
}

/** `2026-03-31 12:00:00`, UTC. */
function timeOf(value: JsonObject[string] | undefined): string {
  return textOf(value).slice(0, 19).replace('T', ' ');
}
