// A gateway with one model that costs money: 100 tokens in and 100 out, $0.002 a call.

import { type Gateway, type GatewayOptions, startGateway } from './gateway.ts';

export const PAID = 'paid-model';
export const CALL_USD = 0.002;
const USAGE = { prompt_tokens: 100, completion_tokens: 100, total_tokens: 200 };

export type PaidOptions = Partial<Omit<GatewayOptions, 'upstreams' | 'price'>> & {
  /** In the place of 100 tokens in and out. */
  usage?: Record<string, unknown>;
  /** Hears of every call at the provider; what it returns is its answer. */
  onCall?: () => Response | undefined;
};

/** `stop` ends the gateway and its provider. */
export async function startPaidGateway({
  usage = USAGE,
  onCall,
  ...options
}: PaidOptions = {}): Promise<Gateway> {
  const upstream = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: async (request) => {
      await request.bytes();
      const answer = {
        ...{ id: 'x', object: 'chat.completion', created: 1, model: 'up' },
        choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
        usage,
      };
      return onCall?.() ?? Response.json(answer);
    },
  });
  const provider = { provider: 'up', format: 'openai-chat', apiKey: 'made-up', model: PAID } as const;
  const gateway = await startGateway({
    upstreams: [{ ...provider, baseUrl: `http://127.0.0.1:${upstream.port}/v1`, upstreamModel: 'up' }],
    price: { input: 10, output: 10 },
    ...options,
  });
  return {
    ...gateway,
    async stop() {
      await gateway.stop();
      await upstream.stop(true);
    },
  };
}
