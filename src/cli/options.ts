// Options that several commands share.

import { type Command, InvalidArgumentError } from 'commander';

/** Adds `--config` and `--data-dir`, which find the installation. */
export function withPlace(command: Command): Command {
  return command
    .option('--config <file>', 'the configuration file (else OSIRIS_CONFIG, else ./osiris.yaml)')
    .option(
      '--data-dir <dir>',
      'where keys and money are kept (else data_dir of the file, else ./osiris-data)',
    );
}

/** Adds `--json`. */
export function withJson(command: Command): Command {
  return command.option('--json', 'print one JSON value instead of text');
}

/** A port number; 0 lets the system choose. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
}
