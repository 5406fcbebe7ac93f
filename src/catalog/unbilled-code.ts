// Which models can run code at a fee that their price leaves out.

import type { Provider } from '../providers/provider.ts';
import type { Model, Price } from './model.ts';
import { pricesOf } from './price.ts';
import { CLASS_NAMES } from './price-view.ts';

/** A sentence for each model of which code would be run for nothing. Free models are meant to be. */
export function unbilledNotes(
  models: Iterable<Model>,
  providers: ReadonlyMap<string, Provider>,
): { model: string; member: string; note: string }[] {
  return [...models].flatMap((model) => {
    const member = pricesOf(model)
      .map((price) => (price.input + price.output === 0 ? undefined : missingFee(model, price, providers)))
      .find((each) => each !== undefined);
    if (member === undefined || !model.capabilities.tools) return [];
    const note = `${model.id} can run code at its provider, which is not billed: set \`${member}\` in its price, to 0 if that is meant.`;
    return [{ model: model.id, member, note }];
  });
}

/** The member that a price lacks for the code the model can run at one of its providers; undefined when it lacks none. */
function missingFee(
  model: Model,
  price: Price,
  providers: ReadonlyMap<string, Provider>,
): string | undefined {
  for (const { provider } of model.deployments) {
    const fee = providers.get(provider)?.quirks.codeFee;
    // 0 says that the operator asks nothing for it
    if (fee !== undefined && price[fee] === undefined) return CLASS_NAMES[fee];
  }
  return undefined;
}
