// `osiris models`: what clients can ask for, and for how much.

import type { Command } from 'commander';
import type { Model } from '../catalog/model.ts';
import type { Config } from '../config/config.ts';
import type { JsonObject } from '../lib/json.ts';
import { formatTokenPrice } from '../lib/money.ts';
import { requireConfig } from './config.ts';
import { withJson, withPlace } from './options.ts';
import type { CommandPorts, ConfigFlags, Host } from './ports.ts';
import { formatTable } from './table.ts';

type Flags = ConfigFlags & { json?: boolean; all?: boolean };

export function addModelsCommand(program: Command, ports: CommandPorts, host: Host): void {
  withJson(withPlace(program.command('models')))
    .description('list the models that can be called now, with prices in USD per million tokens')
    .option('--all', 'also those whose provider has no credential or that have no price')
    .action((flags: Flags) => {
      const config = requireConfig(ports, flags);
      const models = [...config.models.values()].filter((model) => flags.all || isServed(model, config));
      models.sort((left, right) => (left.id < right.id ? -1 : 1));
      host.stdout(
        flags.json
          ? `${JSON.stringify(
              models.map((model) => modelJson(model, config)),
              null,
              2,
            )}\n`
          : modelTable(models, config),
      );
    });
}

function isServed(model: Model, config: Config): boolean {
  return model.price !== undefined && readyProviders(model, config).length > 0;
}

function readyProviders(model: Model, config: Config): string[] {
  const names = model.deployments.map((each) => each.provider).filter((name) => config.providers.has(name));
  return [...new Set(names)];
}

function modelJson(model: Model, config: Config): JsonObject {
  return {
    id: model.id,
    aliases: model.aliases,
    owned_by: model.ownedBy,
    price: model.price
      ? { input: formatTokenPrice(model.price.input), output: formatTokenPrice(model.price.output) }
      : null,
    context: model.contextTokens ?? null,
    max_output: model.maxOutputTokens ?? null,
    providers: readyProviders(model, config),
  };
}

function modelTable(models: Model[], config: Config): string {
  if (models.length === 0) {
    return 'No model can be called: set a provider key such as OPENAI_API_KEY, or add one to osiris.yaml. --all shows the catalogue.\n';
  }
  const rows = models.map(({ id, price, contextTokens, ...rest }) => [
    id,
    price ? formatTokenPrice(price.input) : '-',
    price ? formatTokenPrice(price.output) : '-',
    contextTokens?.toLocaleString('en-US') ?? '-',
    readyProviders({ id, price, contextTokens, ...rest }, config).join(', ') || '-',
  ]);
  return formatTable(['MODEL', 'INPUT', 'OUTPUT', 'CONTEXT', 'PROVIDERS'], rows, new Set([1, 2, 3]));
}
