// `osiris doctor`: looks at everything a gateway needs to work, and says what to do about what is wrong.

import { accessSync, constants, statfsSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { formatProblem } from '../config/problem.ts';
import { type Trial, trialOfJson } from '../gateway/health/provider-trial.ts';
import { asArray, asObject, asString } from '../lib/json.ts';
import { databasePath, socketPath } from '../store/data-dir.ts';
import { Failure } from './failure.ts';
import { askServer, isListening } from './local-socket.ts';
import { withJson, withPlace } from './options.ts';
import type { CommandPorts, ConfigFlags, Host } from './ports.ts';

/** One thing that was looked at. `advice` says what to do. */
type Finding = { name: string; state: 'ok' | 'warning' | 'failed'; message: string; advice?: string };
type Flags = ConfigFlags & { json?: boolean };

/** Bytes: below these a ledger soon has no room, or has none. */
const ROOM_LOW = 500e6;
const ROOM_NONE = 20e6;
/** Prices change on days and keys end at moments: a clock has to be right to a minute. */
const CLOCK_OFF_MS = 60_000;
const READY_WAIT_MS = 10_000;

export function addDoctorCommand(program: Command, ports: CommandPorts, host: Host): void {
  withJson(withPlace(program.command('doctor')))
    .description(
      'look at the configuration, the data, the ledger, the server, the clock and every provider and its key; exit code 1 when something is wrong. Asks no model and costs nothing',
    )
    .action((flags: Flags) => doctor(flags, ports, host));
}

async function doctor(flags: Flags, ports: CommandPorts, host: Host): Promise<void> {
  const findings: Finding[] = [];
  const tell = (finding: Finding) => {
    findings.push(finding);
    if (!flags.json) host.stdout(lineOf(finding));
  };
  const loaded = ports.loadConfig(flags);
  const { dataDir, file } = ports.locate(flags);
  const data = dataOf(dataDir);
  // behind a closed door a ledger and a server look as if they were not there
  const server = data.isClosed ? undefined : await lookForServer(socketPath(dataDir));
  const isRunning = server?.isRunning ?? false;
  if (loaded.ok) tell(configurationOf(loaded.config, file));
  else for (const problem of loaded.problems) tell(wrongFile(formatProblem(problem), isRunning));
  tell(data.finding);
  if (loaded.ok && !data.isClosed) tell(ledgerOf(loaded.config, dataDir, ports));
  if (server) tell(server.finding);
  // a server has the environment it was started with, which this shell may not
  if (isRunning) tellProviders(await trialsOfServer(socketPath(dataDir)), tell);
  else if (loaded.ok) tellProviders(await ports.tryProviders(loaded.config), tell);
  const failed = findings.filter(({ state }) => state === 'failed').length;
  if (flags.json) host.stdout(`${JSON.stringify({ object: 'doctor', ok: failed === 0, data: findings })}\n`);
  else host.stdout(`\n${summaryOf(failed, findings.filter(({ state }) => state === 'warning').length)}\n`);
  if (failed > 0) throw new Failure('', 1, 'unwell');
}

function summaryOf(failed: number, warnings: number): string {
  const wrong = failed === 0 ? 'Nothing is wrong' : `${counted(failed, 'thing is', 'things are')} wrong`;
  return warnings === 0 ? `${wrong}.` : `${wrong}; ${counted(warnings, 'warning')}.`;
}

const STATE_WIDTH = 9;
const NAME_WIDTH = 15;

function lineOf({ name, state, message, advice }: Finding): string {
  const head = `${state.padEnd(STATE_WIDTH)}${name.padEnd(NAME_WIDTH)}${name.length < NAME_WIDTH ? '' : ' '}`;
  const more = advice === undefined ? '' : `${' '.repeat(STATE_WIDTH + NAME_WIDTH)}${advice}\n`;
  return `${head}${message}\n${more}`;
}

function configurationOf({ providers, models }: Config, file: string | undefined): Finding {
  const asked = [...providers.values()].filter(({ builtIn }) => !builtIn).length;
  const where = file ?? 'no file: the defaults and the environment';
  return {
    name: 'configuration',
    state: 'ok',
    message: `${where}; ${counted(asked, 'provider')}, ${counted(models.size, 'model')}`,
  };
}

/** A server that runs has a good one; what this shell makes of the file may be for want of a variable. */
function wrongFile(problem: string, isRunning: boolean): Finding {
  const advice =
    'The server goes on with its own; if a variable is missing, it may be missing in this shell only.';
  return {
    name: 'configuration',
    state: isRunning ? 'warning' : 'failed',
    message: problem,
    ...(isRunning ? { advice } : {}),
  };
}

function tellProviders(trials: readonly Trial[], tell: (finding: Finding) => void): void {
  if (trials.length === 0) tell(NO_PROVIDER);
  for (const trial of trials) tell(providerOf(trial));
  const clock = clockOf(trials);
  if (clock) tell(clock);
}

const NO_PROVIDER: Finding = {
  name: 'providers',
  state: 'warning',
  message: 'there is nobody to ask but the sandbox',
  advice: 'Set OPENAI_API_KEY or another such variable, or list a provider in the file.',
};

function dataOf(dataDir: string): { isClosed: boolean; finding: Finding } {
  const name = 'data';
  try {
    const { mode } = statSync(dataDir);
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return { isClosed: false, finding: { name, ...roomIn(dataDir, mode) } };
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    const isClosed = code !== 'ENOENT';
    const finding: Finding = isClosed
      ? {
          name,
          state: 'failed',
          message: `${dataDir} is closed to this user (${code ?? 'unknown'})`,
          advice: 'Run this as the user who owns it, or with sudo, to look into it and at the server.',
        }
      : {
          name,
          state: 'warning',
          message: `${dataDir} is not there yet`,
          advice: '`osiris serve` makes it. If there is one elsewhere, name it: --data-dir DIR',
        };
    return { isClosed, finding };
  }
}

function roomIn(dataDir: string, mode: number): Omit<Finding, 'name'> {
  const { bavail, bsize } = statfsSync(dataDir);
  const room = bavail * bsize;
  const message = `${dataDir}; ${roomOf(room)} free`;
  if (room < ROOM_NONE) return { state: 'failed', message, advice: 'Make room: charges cannot be written.' };
  if (room < ROOM_LOW) return { state: 'warning', message, advice: 'Make room before it is full.' };
  if ((mode & 0o077) === 0) return { state: 'ok', message };
  return {
    state: 'warning',
    message: `${message}; other users of this machine may look into it`,
    advice: `Close it: chmod 700 ${dataDir}`,
  };
}

function roomOf(bytes: number): string {
  return bytes >= 1e9 ? `${Math.floor(bytes / 1e9)} GB` : `${Math.floor(bytes / 1e6)} MB`;
}

function ledgerOf({ billing }: Config, dataDir: string, ports: CommandPorts): Finding {
  const name = 'ledger';
  try {
    statSync(databasePath(dataDir));
  } catch {
    return { name, state: 'warning', message: 'there is none yet' };
  }
  try {
    const { ok, checks } = ports.verifyLedger(dataDir, { minimumChargeNano: billing.minimumChargeNano });
    const broken = Object.values(checks).filter(({ wrong }) => wrong > 0).length;
    if (ok) return { name, state: 'ok', message: `keeps all of its ${Object.keys(checks).length} promises` };
    return {
      name,
      state: 'failed',
      message: `breaks ${counted(broken, 'of its promises', 'of its promises')}`,
      advice: 'See which: osiris ledger verify',
    };
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { name, state: 'failed', message };
  }
}

async function lookForServer(socket: string): Promise<{ isRunning: boolean; finding: Finding }> {
  const name = 'server';
  try {
    if (!(await isListening(socket)))
      return {
        isRunning: false,
        finding: { name, state: 'warning', message: 'none runs here', advice: 'Start it: osiris serve' },
      };
    return { isRunning: true, finding: { name, ...(await readinessAt(socket)) } };
  } catch (thrown) {
    const message = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown);
    const advice = 'Restart it, or look into its log.';
    return { isRunning: false, finding: { name, state: 'failed', message, advice } };
  }
}

async function readinessAt(socket: string): Promise<Pick<Finding, 'state' | 'message'>> {
  const response = await fetch('http://osiris/health/ready', {
    unix: socket,
    signal: AbortSignal.timeout(READY_WAIT_MS),
  });
  const said = asObject(await response.json().catch(() => undefined));
  const checks = Object.entries(asObject(said.checks))
    .map(([check, text]) => `${check}: ${asString(text) ?? ''}`)
    .join('; ');
  if (!response.ok) return { state: 'failed', message: `is not ready: ${checks}` };
  return checks === ''
    ? { state: 'ok', message: 'is ready' }
    : { state: 'warning', message: `is ready; ${checks}` };
}

async function trialsOfServer(socket: string): Promise<Trial[]> {
  const { data } = await askServer(socket, 'POST', '/admin/providers/test');
  return asArray(data).map((each) => trialOfJson(asObject(each)));
}

function providerOf({ provider, state, message, tookMs }: Trial): Finding {
  const wrong = {
    advice: `Look at providers.${provider} in the file (api_key, base_url), or at the variable its key comes from.`,
  };
  return {
    name: provider,
    state,
    message: `${message} (${tookMs} ms)`,
    ...(state === 'failed' ? wrong : {}),
  };
}

/** By the provider whose clock is nearest to ours; undefined when none told the time. */
function clockOf(trials: readonly Trial[]): Finding | undefined {
  const told = trials.flatMap(({ aheadMs }) => (aheadMs === undefined ? [] : [aheadMs]));
  if (told.length === 0) return undefined;
  const nearest = told.reduce((best, each) => (Math.abs(each) < Math.abs(best) ? each : best));
  if (Math.abs(nearest) < CLOCK_OFF_MS)
    return { name: 'clock', state: 'ok', message: 'is that of the providers' };
  const seconds = Math.round(Math.abs(nearest) / 1000);
  return {
    name: 'clock',
    state: 'failed',
    message: `is ${seconds} s ${nearest > 0 ? 'behind' : 'ahead of'} that of the providers`,
    advice: 'Set it by NTP: prices, budgets and ends of keys go by it.',
  };
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
