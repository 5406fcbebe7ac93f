// The models of the sandbox as the catalogue sees them, and what they are for.

import type { Capabilities, Model } from '../catalog/model.ts';
import { SANDBOX } from '../providers/sandbox.ts';
import { EMBEDDER } from './embed.ts';

/** Name behind `sandbox/`, and what it shows. Numbers in names may be any others. */
const SHOWN: [name: string, purpose: string][] = [
  ['echo', 'repeats the last message'],
  ['tools', 'calls every tool it is offered'],
  ['reason', 'thinks before it answers'],
  ['cached', 'reports cached input'],
  ['refuse', 'declines'],
  ['empty', 'says nothing'],
  ['slow', 'first word after 2 s, then one each 200 ms'],
  ['slow-500', 'first byte after 500 ms'],
  ['silent', 'silent for 35 s, then answers'],
  ['drip-50', 'one word each 50 ms'],
  ['long-10000', '10,000 words'],
  ['bytes-1000000', 'one megabyte'],
  ['truncate', 'stops without an end'],
  ['error-midstream', 'fails in the middle'],
  ['malformed', 'sends broken JSON'],
  ['hang', 'never answers'],
  ['fail-400', 'fails with 400'],
  ['fail-401', 'fails with 401'],
  ['fail-429', 'fails with 429 and Retry-After'],
  ['fail-500', 'fails with 500'],
  ['fail-502', 'fails with 502 and a page of HTML'],
  ['fail-503', 'fails with 503'],
  ['fail-529', 'fails with 529'],
];

const CAPABILITIES: Capabilities = {
  tools: true,
  images: true,
  files: true,
  audio: true,
  structuredOutput: true,
  webSearch: false,
  sampling: true,
  forcedTools: true,
  midSystem: true,
  thinking: 'effort',
  efforts: ['low', 'medium', 'high'],
};

const EMBEDS: Capabilities = {
  tools: false,
  images: false,
  files: false,
  audio: false,
  structuredOutput: false,
  webSearch: false,
  sampling: false,
  forcedTools: false,
  midSystem: false,
  thinking: 'none',
  efforts: [],
  embeddings: true,
};

/** Every sandbox model of the catalogue; all of them are free. */
export const sandboxModels: Model[] = [
  ...SHOWN.map(([name, purpose]) => sandboxModel(name, purpose, CAPABILITIES)),
  sandboxModel(EMBEDDER, 'makes embeddings', EMBEDS),
];

function sandboxModel(name: string, purpose: string, capabilities: Capabilities): Model {
  return {
    id: `sandbox/${name}`,
    aliases: [],
    displayName: `Sandbox ${name}: ${purpose}`,
    ownedBy: SANDBOX.id,
    createdS: 1_767_225_600,
    contextTokens: 1_000_000,
    maxOutputTokens: 1_000_000,
    capabilities,
    price: { input: 0, output: 0, source: 'built in', asOf: '2026-01-01' },
    deployments: [{ provider: SANDBOX.id, model: name, weight: 1 }],
  };
}
