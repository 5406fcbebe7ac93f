// Whether others may be sent a format's seals as they are: counted once for a configuration, anew for the next one.

import { expect, test } from 'bun:test';
import { buildModelIndex, resolveModel } from '../../src/catalog/resolve.ts';
import type { Config } from '../../src/config/config.ts';
import { FORMATS } from '../../src/formats/index.ts';
import type { Call } from '../../src/gateway/call.ts';
import { candidatesOf } from '../../src/gateway/candidates/candidate.ts';
import { Conversations } from '../../src/gateway/candidates/conversations.ts';
import { Health } from '../../src/gateway/health/health.ts';
import { passPlan } from '../../src/gateway/plans/pass.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { createMemoryThoughts } from '../../src/store/memory/thoughts.ts';
import { accepted, loadText } from '../support/config-file.ts';

const HERE = { base_url: 'http://127.0.0.1:1/v1', format: 'anthropic-messages' };

/** Tells how often all of them were looked through. */
class Watched extends Map<string, Provider> {
  looks = 0;
  override values() {
    this.looks++;
    return super.values();
  }
}

function configOf(providers: object): { config: Config; watched: Watched } {
  const models = {
    m: { price: { input: 0, output: 0 }, deployments: [{ provider: 'here', model: 'm' }] },
  };
  const config = accepted(loadText(JSON.stringify({ providers, models })));
  const watched = new Watched(config.providers);
  return { config: { ...config, providers: watched }, watched };
}

/** Whether the seals of an answer would be noted. */
function notesSeals(config: Config): boolean {
  const models = buildModelIndex(config);
  const body = { model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'Hi' }] };
  const resolution = resolveModel(models, 'm');
  const call = {
    ...{ codec: FORMATS['anthropic-messages'], body, bytes: new TextEncoder().encode(JSON.stringify(body)) },
    ...{ modelName: 'm', model: resolution.model, resolution, stream: false, key: { id: 'key-1' } },
    ...{ headers: new Headers(), price: { input: 0, output: 0, source: '', asOf: '' } },
  } as unknown as Call;
  const [candidate] = candidatesOf(call, config.providers);
  const ports = {
    ...{ sealKey: new Uint8Array(32), thoughts: createMemoryThoughts(), health: new Health() },
    ...{ conversations: new Conversations(), config, models, pauses: { isEmpty: true, of: () => undefined } },
  };
  return candidate !== undefined && passPlan(call, candidate, ports).noteSeals !== undefined;
}

test('are looked for once in each configuration', () => {
  const alone = configOf({ here: { ...HERE, api_key: 'a' } });
  const several = configOf({ here: { ...HERE, api_keys: ['a', 'b'] } });
  const beside = configOf({ here: { ...HERE, api_key: 'a' }, other: { ...HERE, api_key: 'b' } });
  const asked = [alone, several, beside].map(({ config, watched }) => {
    notesSeals(config);
    watched.looks = 0;
    return [notesSeals(config), notesSeals(config), watched.looks];
  });
  expect(asked).toEqual([
    [false, false, 0],
    [true, true, 0],
    [true, true, 0],
  ]);
});
