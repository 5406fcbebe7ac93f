// Which keys look as if somebody else had given them out than the provider they are for.

import { declarationOf } from './index.ts';
import type { Provider } from './provider.ts';

/** How keys begin that have a beginning of their own. */
const BEGINNINGS: readonly { begins: string; owner: string; called: string }[] = [
  { begins: 'sk-ant-', owner: 'anthropic', called: 'Anthropic' },
  { begins: 'sk-or-', owner: 'openrouter', called: 'OpenRouter' },
  { begins: 'sk-proj-', owner: 'openai', called: 'OpenAI' },
  { begins: 'gsk_', owner: 'groq', called: 'Groq' },
  { begins: 'xai-', owner: 'xai', called: 'xAI' },
  { begins: 'AIza', owner: 'google', called: 'Google' },
  { begins: 'sk-osiris-', owner: 'osiris', called: 'Osiris, which its clients send' },
];

/**
 * A sentence for each key of somebody else at a provider's own address; a `base_url` of one's own may lead to whoever
 * takes it.
 */
export function foreignKeyNotes(providers: ReadonlyMap<string, Provider>): string[] {
  return [...providers.values()].flatMap(({ id, baseUrl, credentials }) => {
    if (declarationOf(id)?.baseUrl !== baseUrl) return [];
    return credentials.flatMap((credential) => {
      const found = BEGINNINGS.find(({ begins }) => credential.startsWith(begins));
      if (found === undefined || found.owner === id) return [];
      return [
        `The key of ${id} begins like one of ${found.called} (${found.begins}…); ${id} will refuse it.`,
      ];
    });
  });
}
