// `osiris setup`: shows how a client is told of this server, writes that, and proves that it works.

import type { Command } from 'commander';
import type { Client, Fill, ModelFacts } from '../../clients/client.ts';
import {
  chooseModels,
  fillClient,
  isKey,
  isPlainModel,
  NO_KEY,
  notesOf,
  originOf,
} from '../../clients/fill.ts';
import { CLIENTS, findClient } from '../../clients/index.ts';
import { FORMAT_NAMES, isWritable } from '../../clients/words.ts';
import type { Config } from '../../config/config.ts';
import { environment } from '../../config/environment.ts';
import { nearestNames } from '../../lib/nearest.ts';
import { requireConfig } from '../config.ts';
import { Failure } from '../failure.ts';
import { withJson, withPlace } from '../options.ts';
import type { CommandPorts, ConfigFlags, Host } from '../ports.ts';
import { osOf } from './place.ts';
import { type Proof, prove } from './prove.ts';
import { askModels, requireModel } from './server.ts';
import { blockText, headText, howOf, listText, notesText, proofText, writtenText } from './text.ts';
import { writeFiles } from './write.ts';

type Flags = ConfigFlags & {
  url?: string;
  key?: string;
  model?: string;
  write?: boolean;
  /** Commander sets it to false for `--no-proof`. */
  proof: boolean;
  json?: boolean;
};

export function addSetupCommand(program: Command, ports: CommandPorts, host: Host): void {
  withJson(withPlace(program.command('setup [client]')))
    .description('set up a client for this server: show how, or write its configuration and prove it')
    .option('--url <url>', 'the address of the server (else from the configuration)')
    .option('--key <key>', 'the key the client is to use (else OSIRIS_KEY)')
    .option('--model <name>', 'the model to begin with; several, with commas between, are all listed')
    .option('--write', 'write the configuration; what was there is kept in a copy beside it')
    .option('--no-proof', 'do not try it out with four small calls')
    .action(async (id: string | undefined, flags: Flags) => {
      if (id === undefined) list(flags, host);
      else await setUp(requireClient(id), flags, ports, host);
    });
}

function list(flags: Flags, host: Host): void {
  const rows = CLIENTS.map((client) => ({
    id: client.id,
    name: client.name,
    kind: client.kind,
    format: client.format,
    writable: isWritable(client),
  }));
  host.stdout(flags.json ? `${JSON.stringify(rows, null, 2)}\n` : listText());
}

async function setUp(client: Client, flags: Flags, ports: CommandPorts, host: Host): Promise<void> {
  const env = environment();
  const os = osOf(process.platform);
  const key = keyOf(flags.key ?? env.OSIRIS_KEY);
  const named = modelsOf(flags.model);
  const origin = flags.url === undefined ? originFrom(requireConfig(ports, flags)) : originFlag(flags.url);
  if (flags.write) requireWritable(client, key);
  const say = flags.json ? () => {} : host.stdout;

  const mustAnswer = flags.write || flags.proof;
  const offered = key === undefined ? undefined : await offer(origin, key, mustAnswer === true);
  const models = await chosen(client, offered, named, origin, key);
  const fill: Fill = { origin, key: key ?? NO_KEY, model: models[0], models };
  const blocks = fillClient(client, fill, os);
  const notes = notesOf(client, fill);

  say(headText(client, origin));
  const written = flags.write ? writeFiles(client, fill, os, env) : [];
  if (flags.write) say(`\n${writtenText(written)}`);
  const shown = flags.write ? blocks.filter((block) => block.kind !== 'file' && !block.alternative) : blocks;
  say(`${shown.map(blockText).join('')}${notesText(notes)}`);

  let proofs: Proof[] = [];
  if (key !== undefined && flags.proof) {
    say(`\nTried in ${FORMAT_NAMES[client.format]} format with ${fill.model.id}:\n`);
    const target = { origin, key, model: fill.model.id, format: client.format };
    proofs = await prove(target, (proof) => say(proofText(proof)));
  } else if (key === undefined && isWritable(client)) {
    say(`\nTo write it and try it: osiris setup ${client.id} --write --key sk-osiris-…\n`);
  }
  if (flags.json) {
    const head = { client: client.id, name: client.name, os, format: client.format, url: origin };
    host.stdout(
      `${JSON.stringify({ ...head, model: fill.model.id, blocks, notes, written, proof: proofs }, null, 2)}\n`,
    );
  }
  // What went wrong is on stdout already
  if (proofs.some(({ ok }) => !ok)) throw new Failure('', 1, 'proof_failed');
}

/** What is only shown is shown without a server, too. */
async function offer(origin: string, key: string, mustAnswer: boolean): Promise<ModelFacts[] | undefined> {
  try {
    return await askModels(origin, key);
  } catch (thrown) {
    if (mustAnswer) throw thrown;
    return undefined;
  }
}

async function chosen(
  client: Client,
  offered: readonly ModelFacts[] | undefined,
  named: readonly string[],
  origin: string,
  key: string | undefined,
): Promise<[ModelFacts, ...ModelFacts[]]> {
  if (offered !== undefined && key !== undefined) {
    for (const id of named) await requireModel(origin, key, id, offered);
    if (offered.length === 0)
      throw new Failure(
        'This key cannot use any model.\nosiris keys show ID tells which it is allowed.',
        1,
        'no_models',
      );
  }
  return chooseModels(client, offered, named);
}

function requireClient(id: string): Client {
  const client = findClient(id);
  if (client) return client;
  const known = CLIENTS.map((each) => each.id);
  const [near] = nearestNames(id, known, 1);
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  throw new Failure(
    `There is no client "${id.slice(0, 64)}" here.${hint} Known: ${known.join(', ')}.\nAny other that speaks OpenAI Chat takes the server's address with /v1 behind it, and a key.`,
    2,
  );
}

function requireWritable(client: Client, key: string | undefined): void {
  if (!isWritable(client)) {
    const why =
      howOf(client) === 'hand'
        ? `${client.name} keeps these settings where only it can change them`
        : `${client.name} is set up in your own code`;
    throw new Failure(
      `${why}: --write is not possible.\nSee what to enter where: osiris setup ${client.id}`,
      1,
      'not_writable',
    );
  }
  if (key === undefined)
    throw new Failure(
      '--write needs a key: --key sk-osiris-…, or OSIRIS_KEY.\nosiris keys create makes one.',
      2,
    );
}

function keyOf(written: string | undefined): string | undefined {
  const key = written?.trim();
  if (!key || isKey(key)) return key || undefined;
  throw new Failure('This is no key of Osiris: those are sk-osiris- and 32 characters of 0-9 and a-f.', 2);
}

function modelsOf(written: string | undefined): string[] {
  const names = (written ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.every(isPlainModel)) return names;
  throw new Failure('--model: a name may hold letters, digits and . : / @ + - _ only.', 2);
}

function originFlag(written: string): string {
  const origin = originOf(written);
  if (origin !== undefined) return origin;
  throw new Failure('--url: write an address such as https://ai.example.com or http://127.0.0.1:8080.', 2);
}

/** How this machine reaches the server that the configuration describes. */
function originFrom({ server: { publicUrl, host, port, tls } }: Config): string {
  const given = publicUrl === undefined ? undefined : originOf(publicUrl);
  if (given !== undefined) return given;
  const near = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `${tls ? 'https' : 'http'}://${near.includes(':') ? `[${near}]` : near}:${port}`;
}
