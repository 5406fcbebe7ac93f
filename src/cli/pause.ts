// `osiris admin pause | resume`: the kill switch, also while no server runs.

import type { Command } from 'commander';
import { buildModelIndex } from '../catalog/resolve.ts';
import { pauseDesk } from '../gateway/health/pause-desk.ts';
import { Pauses, resumeCommand } from '../gateway/health/pauses.ts';
import { asArray, asNumber, asObject, asString, compact, type JsonObject } from '../lib/json.ts';
import { openBook } from './book.ts';
import { askServer } from './local-socket.ts';
import { withJson, withPlace } from './options.ts';
import { openIdle } from './place.ts';
import type { CommandPorts, ConfigFlags, Host } from './ports.ts';

type Flags = ConfigFlags & { provider?: string; model?: string; json?: boolean };
type PauseFlags = Flags & { reason?: string; now?: boolean };
type ResumeFlags = Flags & { all?: boolean };

const EXAMPLES = `
Examples:
  osiris admin pause --reason "a wrong bill"    refuse every new call
  osiris admin pause --now                      and cut off those under way
  osiris admin pause --provider openai          others answer where they can
  osiris admin resume --all
`;

export function addPauseCommands(admin: Command, ports: CommandPorts, host: Host): void {
  withJson(withPlace(admin.command('pause')))
    .description('stop all calls, or those to one provider or model, until `osiris admin resume`')
    .option('--provider <name>', 'only this provider; others answer where they can')
    .option('--model <name>', 'only this model; models that stand in for it answer')
    .option('--reason <text>', 'why; clients are shown it')
    .option('--now', 'also cut off the calls under way: they get an error and are charged nothing')
    .addHelpText('after', EXAMPLES)
    .action(async ({ provider, model, reason, now, ...flags }: PauseFlags) => {
      const answer = await act('pause', compact({ provider, model, reason, now }), flags, ports);
      tell(answer, pausedText(answer), flags, host);
    });
  withJson(withPlace(admin.command('resume')))
    .description('let calls in again that were stopped altogether, or those to one provider or model')
    .option('--provider <name>', 'this provider')
    .option('--model <name>', 'this model')
    .option('--all', 'everything that is paused')
    .action(async ({ provider, model, all, ...flags }: ResumeFlags) => {
      const answer = await act('resume', compact({ provider, model, all }), flags, ports);
      tell(answer, resumedText(answer), flags, host);
    });
}

function tell(answer: JsonObject, text: string, { json }: Flags, host: Host): void {
  host.stdout(json ? `${JSON.stringify(answer)}\n` : text);
}

/** A running server is told also when its file has become wrong: that may be the reason to pause. */
async function act(
  what: 'pause' | 'resume',
  body: JsonObject,
  flags: ConfigFlags,
  ports: CommandPorts,
): Promise<JsonObject> {
  type Desk = { act(): Promise<JsonObject> };
  const book = await openBook<Desk>(
    ports.locate(flags).dataDir,
    () => openIdle(ports, flags),
    (socket) => ({ act: () => askServer(socket, 'POST', `/admin/${what}`, body) }),
    ({ directory, rules }) => {
      const models = buildModelIndex(rules());
      const pauses = new Pauses(directory);
      const desk = pauseDesk(() => ({ pauses, models, running: new Set() }));
      return { act: async () => desk[what](body, 'a command on this machine') };
    },
  );
  try {
    return await book.act();
  } finally {
    await book.close();
  }
}

function pausedText(answer: JsonObject): string {
  const latest = asObject(asArray(answer.data).at(-1));
  const cut = asNumber(answer.cut) ?? 0;
  const going = asNumber(answer.under_way) ?? 0;
  const lines = [`Paused: ${targetText(latest)}.`];
  if (cut > 0) lines.push(`${callsText(cut)} cut off, charged nothing.`);
  if (going > 0 && latest.scope === 'server')
    lines.push(`${callsText(going)} still under way; \`--now\` cuts them off.`);
  lines.push(`It lasts over restarts. To go on: ${commandFor(latest)}`);
  return `${lines.join('\n')}\n`;
}

function commandFor({ scope, name }: JsonObject): string {
  return scope === 'provider' || scope === 'model'
    ? resumeCommand({ scope, name: asString(name) ?? '' })
    : resumeCommand({ scope: 'server', name: '' });
}

function callsText(count: number): string {
  return count === 1 ? '1 call is' : `${count} calls are`;
}

function resumedText(answer: JsonObject): string {
  const resumed = asArray(answer.resumed).map(asObject);
  const left = asArray(answer.data).map(asObject);
  const first =
    resumed.length === 0 ? 'Nothing to resume.' : `Resumed: ${resumed.map(targetText).join(', ')}.`;
  const rest = left.map(
    (pause) => `Still paused: ${targetText(pause)}, since ${pause.since}. To go on: ${commandFor(pause)}`,
  );
  return `${[first, ...rest].join('\n')}\n`;
}

function targetText({ scope, name, reason }: JsonObject): string {
  const what = scope === 'server' ? 'all calls' : `${scope} ${name}`;
  const why = asString(reason);
  return why === undefined ? what : `${what} (${why})`;
}
