// `osiris serve`: runs the gateway until it is told to stop.

import type { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { log } from '../lib/log.ts';
import { socketPath } from '../store/data-dir.ts';
import { requireConfig } from './config.ts';
import { Failure } from './failure.ts';
import { claimSocket } from './local-socket.ts';
import { parsePort, withPlace } from './options.ts';
import type { CommandPorts, ConfigFlags, Host, RunningServer } from './ports.ts';

export function addServeCommand(program: Command, ports: CommandPorts, host: Host): void {
  withPlace(program.command('serve'))
    .description('start the gateway; flags stand over environment variables, and those over the file')
    .option('--host <host>', 'the address to listen on')
    .option('--port <n>', 'the port to listen on; 0 lets the system choose', parsePort)
    .action((flags: ConfigFlags) => serve(flags, ports, host));
}

async function serve(flags: ConfigFlags, ports: CommandPorts, host: Host): Promise<void> {
  const config = requireConfig(ports, flags);
  await claimSocket(socketPath(config.dataDir));
  const server = await start(config, flags, ports, host);
  host.onHangUp?.(() => server.reload());
  await new Promise<void>((resolve) => host.onStop(resolve));
  log.info('stopping: open requests may finish; stop again to cut them off');
  await Promise.race([server.stop(), new Promise<void>((resolve) => host.onStop(resolve))]);
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
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
    const { host: address, port } = config.server;
    if (code === 'EADDRINUSE') {
      throw new Failure(
        `Port ${port} of ${address} is in use by another program.\nStop that program, or choose another port: osiris serve --port ${port + 1}`,
      );
    }
    if (code === 'EACCES') {
      throw new Failure(
        `No permission to listen on port ${port}.\nPorts below 1024 need special rights; try --port 8080.`,
      );
    }
    throw thrown;
  }
}
