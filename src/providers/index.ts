// Looks up the built-in providers by id or alias.

import { BUILT_IN_PROVIDERS } from './builtin.ts';
import type { ProviderDeclaration } from './provider.ts';

const byName = new Map<string, ProviderDeclaration>();
for (const declaration of BUILT_IN_PROVIDERS) {
  for (const name of [declaration.id, ...declaration.aliases]) byName.set(name, declaration);
}

/** The built-in declaration with this id or alias; undefined when there is none. */
export function declarationOf(name: string): ProviderDeclaration | undefined {
  return byName.get(name);
}

/** Every id and alias of the built-in providers. */
export function builtInProviderNames(): string[] {
  return [...byName.keys()];
}

/** The id a provider goes by: aliases of built-in ones become their id, other names stay. */
export function providerId(name: string): string {
  return byName.get(name)?.id ?? name;
}

export { BUILT_IN_PROVIDERS };
