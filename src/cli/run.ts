// The command line as a whole: words to a command, its outcome to an exit code.

import { Command, CommanderError } from 'commander';
import { VERSION } from '../lib/version.ts';
import { addAccountsCommands } from './accounts.ts';
import { addAdminCommands } from './admin.ts';
import { addAlertsCommands } from './alerts.ts';
import { addBackupCommand } from './backup.ts';
import { addCacheCommands } from './cache.ts';
import { addCheckCommand } from './check.ts';
import { addConfigCommands } from './config-commands.ts';
import { addDoctorCommand } from './doctor.ts';
import { addExplainCommand } from './explain.ts';
import { Failure, toFailure } from './failure.ts';
import { addInitCommand } from './init.ts';
import { addKeysCommands } from './keys.ts';
import { addLedgerCommands } from './ledger.ts';
import { addLogsCommand } from './logs.ts';
import { addModelsCommand } from './models.ts';
import type { CommandPorts, Host } from './ports.ts';
import { addRestoreCommand } from './restore.ts';
import { addServeCommand } from './serve.ts';
import { addSetupCommand } from './setup/command.ts';
import { addUsageCommand } from './usage.ts';
import { addVersionCommand } from './version.ts';

const EXAMPLES = `
Examples:
  osiris serve                                start the gateway
  osiris init                                 write an osiris.yaml to begin with
  osiris keys create --name ana --credit 5    make a key for a client
  osiris setup claude-code                    show how to point a client at it
  osiris logs --follow                        watch the calls as they end
`;

/**
 * Runs the command that `words` (argv without the program) name and resolves to the exit code: 0, 1 for a failure
 * it explained, 2 for wrong usage. With `--json` a failure is also one JSON object on stdout.
 */
export async function run(words: string[], ports: CommandPorts, host: Host): Promise<number> {
  const program = new Command('osiris')
    .description('A self-hosted AI gateway: one address and one kind of key for every AI provider you pay.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'explain a command')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({ writeOut: host.stdout, writeErr: host.stderr })
    .hook('preAction', (_, command) => refuseEmpty(command));
  addServeCommand(program, ports, host);
  addInitCommand(program, ports, host);
  addCheckCommand(program, ports, host);
  addDoctorCommand(program, ports, host);
  addKeysCommands(program, ports, host);
  addAccountsCommands(program, ports, host);
  addModelsCommand(program, ports, host);
  addUsageCommand(program, ports, host);
  addLedgerCommands(program, ports, host);
  addBackupCommand(program, ports, host);
  addRestoreCommand(program, ports, host);
  addLogsCommand(program, ports, host);
  addExplainCommand(program, ports, host);
  addSetupCommand(program, ports, host);
  addConfigCommands(program, ports, host);
  addCacheCommands(program, ports, host);
  addAlertsCommands(program, ports, host);
  addAdminCommands(program, ports, host);
  addVersionCommand(program, host);
  if (words.length === 0) {
    program.outputHelp();
    return 0;
  }
  try {
    await program.parseAsync(words, { from: 'user' });
    return 0;
  } catch (thrown) {
    // Commander has shown its own message already; help and version arrive here with code 0.
    if (thrown instanceof CommanderError) {
      if (words.includes('--json') && thrown.message.startsWith('error: '))
        showJson({ code: 'usage', message: thrown.message.slice('error: '.length) }, host);
      return thrown.exitCode === 0 ? 0 : 2;
    }
    return showFailure(toFailure(thrown), words.includes('--json'), host);
  }
}

/** `--key "$KEY"` with no KEY set would ask for every key; `keys revoke "$ID"` would ask for none. */
function refuseEmpty(command: Command): void {
  const flags = command.options.filter((option) => command.getOptionValue(option.attributeName()) === '');
  const [empty] = command.args.includes('') ? ['An argument'] : flags.map((option) => option.long);
  if (empty !== undefined) throw new Failure(`${empty} is empty. Was a variable of the shell not set?`, 2);
}

function showFailure(failure: Failure, json: boolean, host: Host): number {
  if (failure.message === '') return failure.exitCode;
  host.stderr(`osiris: ${failure.message}\n`);
  if (json) showJson(failure, host);
  return failure.exitCode;
}

function showJson({ code, message }: Pick<Failure, 'code' | 'message'>, host: Host): void {
  host.stdout(`${JSON.stringify({ error: { code, message } })}\n`);
}
