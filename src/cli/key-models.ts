// Doubts about a key's model list, told as notes: a model may be added to the configuration later.

import { Fault } from '../canonical/fault.ts';
import { isModelAllowed } from '../catalog/list.ts';
import { buildModelIndex, resolveModel } from '../catalog/resolve.ts';
import type { Config } from '../config/config.ts';
import { forCommands } from './failure.ts';

/** One sentence for each entry that names nothing this server could answer with now. */
export function doubtsAbout(models: string[], config: Config): string[] {
  if (models.length === 0) return [];
  const index = buildModelIndex(config);
  const ids = [...config.models.keys()];
  return models.flatMap((entry) => {
    if (entry.endsWith('*')) {
      const beginning = entry.slice(0, -1);
      return ids.some((id) => id.startsWith(beginning))
        ? []
        : [`No model's id begins with \`${beginning}\`.`];
    }
    try {
      const { model } = resolveModel(index, entry);
      if (isModelAllowed(model, [entry])) return [];
      return [`\`${entry}\` allows nothing: a list holds models, not where they run; write \`${model.id}\`.`];
    } catch (thrown) {
      if (thrown instanceof Fault) return [forOperator(entry, thrown)];
      throw thrown;
    }
  });
}

/** A fault's cause, where there is one, is what its message keeps from clients. */
function forOperator(entry: string, fault: Fault): string {
  return fault.cause instanceof Error ? `\`${entry}\` ${fault.cause.message}.` : forCommands(fault.message);
}
