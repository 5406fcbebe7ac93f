// `osiris serve`: runs the gateway until it is told to stop.

import type { Command } from 'commander';
import { Fault } from '../canonical/fault.ts';
import type { Config } from '../config/config.ts';
import { log } from '../lib/log.ts';
import { socketPath } from '../store/data-dir.ts';
import { requireConfig } from './config.ts';
import { Failure } from './failure.ts';
import { claimSocket } from './local-socket.ts';
import { parsePort, withPlace } from './options.ts';
import { requireDataDir } from './place.ts';
import type { CommandPorts, ConfigFlags, Host, RunningServer, StopSignal } from './ports.ts';

const SIGNALS = `
SIGTERM   /health/ready says no for server.drain_delay, then the port closes;
          open calls may finish within server.drain_timeout and are then cut
          off, charged nothing. Ends with 0.
SIGINT    (Ctrl-C) the same without the delay.
again     cuts off open calls now, charged nothing. Ends with 1.
SIGHUP    reads the configuration again.
`;

export function addServeCommand(program: Command, ports: CommandPorts, host: Host): void {
  withPlace(program.command('serve'))
    .description('start the gateway; flags stand over environment variables, and those over the file')
    .option('--host <host>', 'the address to listen on')
    .option('--port <n>', 'the port to listen on; 0 lets the system choose', parsePort)
    .addHelpText('after', SIGNALS)
    .action((flags: ConfigFlags) => serve(flags, ports, host));
}

async function serve(flags: ConfigFlags, ports: CommandPorts, host: Host): Promise<void> {
  const config = requireConfig(ports, flags);
  requireDataDir(config.dataDir);
  await claimSocket(socketPath(config.dataDir));
  // signals are heard before the address is printed: whoever waits for that may send one at once
  const asked = nextStop(host);
  const starting = start(config, flags, ports, host);
  const reload = (server: RunningServer) => server.reload();
  host.onHangUp?.(() => void starting.then(reload, () => {}));
  await stop(await starting, await asked, host);
}

/** Ends with code 0 when calls could finish, also when the drain timeout cut some; with 1 when it was told twice. */
async function stop(server: RunningServer, signal: StopSignal, host: Host): Promise<void> {
  log.info('stopping: new calls are refused, open ones may finish; stop again to cut them off');
  const hurry = new AbortController();
  const stopped = server.stop({ isByHand: signal === 'SIGINT', hurry: hurry.signal });
  const isDone = () => stopped.then(() => true);
  if (await Promise.race([isDone(), nextStop(host).then(() => false)])) return;
  log.warn('stopping now: calls that are open are cut off and charged nothing');
  hurry.abort();
  // who asks a third time does not even wait for that
  await Promise.race([stopped, nextStop(host)]);
  throw new Failure(
    'Stopped at the second signal: calls that were open are cut off and charged nothing.',
    1,
    'cut_off',
  );
}

function nextStop(host: Host): Promise<StopSignal> {
  return new Promise((resolve) => host.onStop(resolve));
}

async function start(
  config: Config,
  flags: ConfigFlags,
  ports: CommandPorts,
  host: Host,
): Promise<RunningServer> {
  const load = (file: string | undefined) => {
    const { ok, ...loaded } = ports.loadConfig(file === undefined ? flags : { ...flags, config: file });
    return loaded;
  };
  try {
    return await ports.startServer(config, { print: host.stdout, load });
  } catch (thrown) {
    const failure = bindFailure(config.server, thrown);
    // of two that start at the same moment one finds the ledger or the port taken
    const isTaken = failure !== undefined || (thrown instanceof Fault && thrown.code === 'storage_fault');
    if (isTaken) await claimSocket(socketPath(config.dataDir));
    throw failure ?? thrown;
  }
}

/** Why the address cannot be listened on, and what to do; undefined for any other trouble. */
function bindFailure({ host, port }: Config['server'], thrown: unknown): Failure | undefined {
  const { code, syscall, path } = thrown as Partial<Record<'code' | 'syscall' | 'path', unknown>>;
  if (syscall !== 'listen') return undefined;
  if (path !== undefined)
    return new Failure(`Cannot make the socket ${path} for commands (${code}); choose another --data-dir.`);
  switch (code) {
    case 'EADDRINUSE':
      return new Failure(
        `Port ${port} of ${host} is in use by another program.\nStop that program, or choose another port: osiris serve --port ${port + 1}`,
      );
    case 'EACCES':
      return new Failure(
        `No permission to listen on port ${port}.\nPorts below 1024 need special rights; try --port 8080.`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOENT':
    case 'ENOTFOUND':
      return new Failure(
        `This machine has no address ${host} to listen on.\nWrite 127.0.0.1 for this machine only, or 0.0.0.0 for every address it has: osiris serve --host 127.0.0.1`,
      );
    default:
      return new Failure(`Cannot listen on port ${port} of ${host} (${code}).`);
  }
}
