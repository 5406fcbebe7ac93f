// `osiris explain`: what would become of a request, without sending it.

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { JsonObject } from '../lib/json.ts';
import { socketPath } from '../store/data-dir.ts';
import { requireConfig } from './config.ts';
import { explanationText } from './explain-text.ts';
import { Failure } from './failure.ts';
import { askServer, reach } from './local-socket.ts';
import { withJson, withPlace } from './options.ts';
import type { CommandPorts, ConfigFlags, Host, OpenExplainer } from './ports.ts';

type Flags = ConfigFlags & {
  model?: string;
  prompt?: string;
  format?: string;
  key?: string;
  header?: string[];
  stream?: boolean;
  full?: boolean;
  json?: boolean;
};

const EXAMPLES = `
Examples:
  osiris explain --model sandbox/echo --prompt Hello
  osiris explain --key laptop request.json
  osiris explain --format anthropic-messages < request.json
`;

export function addExplainCommand(program: Command, ports: CommandPorts, host: Host): void {
  withJson(withPlace(program.command('explain [file]')))
    .description(
      'tell what would become of a request (a file with its body, or stdin) without sending it: where it goes, what is lost, what it costs, what refuses it',
    )
    .option('--model <name>', 'the model to ask, in the place of the one in the request')
    .option('--prompt <text>', 'a prompt in the place of a file')
    .option(
      '--format <format>',
      'openai-chat, openai-responses, anthropic-messages, google-generate-content (else told by the body) or embeddings',
    )
    .option(
      '--key <id>',
      'the key that asks: an id, a name or a visible beginning (else nobody in particular)',
    )
    .option('--header <line>', 'a header the client would send, as `name: value`; may be repeated', collect)
    .option('--stream', 'as a streamed request')
    .option('--full', 'show every upstream request whole, not only the first')
    .addHelpText('after', EXAMPLES)
    .action((file: string | undefined, flags: Flags) => explain(file, flags, ports, host));
}

async function explain(
  file: string | undefined,
  flags: Flags,
  ports: CommandPorts,
  host: Host,
): Promise<void> {
  const asked = await questionOf(file, flags, host);
  const explanation = await ask(asked, flags, ports);
  host.stdout(
    flags.json
      ? `${JSON.stringify(explanation)}\n`
      : explanationText(explanation, { full: flags.full === true }),
  );
}

async function questionOf(file: string | undefined, flags: Flags, host: Host): Promise<JsonObject> {
  const { model, prompt, format, key, header, stream } = flags;
  if (prompt !== undefined && model === undefined)
    throw new Failure('Name the model to ask: osiris explain --model NAME --prompt TEXT', 2);
  return {
    ...(prompt === undefined ? { request: await readRequest(file, host) } : { prompt }),
    ...(model === undefined ? {} : { model }),
    ...(format === undefined ? {} : { format }),
    ...(key === undefined ? {} : { key }),
    ...(header === undefined ? {} : { headers: headersOf(header) }),
    ...(stream ? { stream } : {}),
  };
}

async function readRequest(file: string | undefined, host: Host): Promise<string> {
  if (file !== undefined && file !== '-') {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      throw new Failure(`${file} cannot be read.\nIt must be a file with the body of a request, as JSON.`);
    }
  }
  const text = await host.stdin?.();
  if (text === undefined || text.trim() === '')
    throw new Failure(
      'There is no request to explain. Name a file with its body, pipe one in, or try:\n  osiris explain --model sandbox/echo --prompt Hello',
      2,
    );
  return text;
}

async function ask(asked: JsonObject, flags: Flags, ports: CommandPorts): Promise<JsonObject> {
  const socket = socketPath(ports.locate(flags).dataDir);
  const explainer = await reach<OpenExplainer>(
    socket,
    () => ({ explain: () => askServer(socket, 'POST', '/admin/explain', asked), async close() {} }),
    () => ports.openExplainer(requireConfig(ports, flags)),
  );
  try {
    return await explainer.explain(asked);
  } finally {
    await explainer.close();
  }
}

function collect(line: string, before: string[] = []): string[] {
  return [...before, line];
}

function headersOf(lines: string[]): JsonObject {
  const pairs = lines.map((line) => {
    const colon = line.indexOf(':');
    if (colon < 1)
      throw new Failure('--header takes a line such as `anthropic-beta: context-1m-2025-08-07`.', 2);
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  });
  return Object.fromEntries(pairs);
}
