// What one run of a coding agent is played on: a scripted provider, the compiled gateway before it, a home of its own.

import type { Target } from '../support/client.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../support/gateway.ts';
import type { Received } from '../support/scene.ts';
import type { Turn, WireFormat } from '../support/script.ts';
import type { Json } from '../support/strict.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';
import { baseUrlOf } from '../support/wire.ts';
import type { Agent } from './agent.ts';
import { type RunDirectory, runDirectory } from './headless.ts';

export type StageOptions = Pick<GatewayOptions, 'server' | 'price' | 'credit'> & {
  aside?: (body: Json) => Turn | undefined;
  /** The provider takes what only the gateway would have mended. */
  isLenient?: boolean;
  /** Flags of `osiris keys create` for the key of the agent; without them it has no limits that matter. */
  keyFlags?: string[];
};

export type Stage = {
  upstream: Upstream;
  gateway: Gateway;
  directory: RunDirectory;
  target: Target;
  /** What the provider asks for. */
  providerKey: string;
  /** Every request that the provider answered, whatever it answered. */
  answered(): Received[];
  /** The rows of calls in the ledger, oldest first. */
  rows(): Promise<LedgerRow[]>;
  /** Every request of the agent that the gateway answered, counts and refusals included, oldest first. */
  calls(): Promise<LoggedCall[]>;
};

export type LedgerRow = {
  kind: string;
  change_usd: number;
  rule: string;
  usage: { input_tokens: number; cached_input_tokens: number; output_tokens: number };
};

export type LoggedCall = {
  path: string;
  stream: boolean;
  status: number;
  code: string | null;
  message: string | null;
  attempts: number;
  rule: string | null;
};

export const PROVIDER_KEY = 'provider-secret-of-the-scripted-upstream';
/** More than any run makes. */
const ROWS = '1000';

/** Whose quirks the provider is known to have: those that the strict upstream holds requests to. */
const VENDOR: Record<WireFormat, string> = {
  'openai-chat': 'openai',
  'openai-responses': 'openai',
  'anthropic-messages': 'anthropic',
  'google-generate-content': 'google',
};

/** Its model; what is sent to Google's depends on which generation it is. */
const MODEL: Record<WireFormat, string> = {
  'openai-chat': 'scripted-upstream',
  'openai-responses': 'scripted-upstream',
  'anthropic-messages': 'scripted-upstream',
  'google-generate-content': 'gemini-3.5-scripted',
};

/** Requests to the provider are what is counted: the gateway makes one for each of the agent's. */
const ONE_ATTEMPT = { routing: { retries: 0 } };

/** Plays `act` and clears everything away. */
export async function onStage<Result>(
  agent: Pick<Agent, 'model'>,
  format: WireFormat,
  { aside, keyFlags, isLenient = false, ...options }: StageOptions,
  act: (stage: Stage) => Promise<Result>,
): Promise<Result> {
  const upstream = startUpstream({ key: PROVIDER_KEY, isLenient, ...(aside ? { aside } : {}) });
  const directory = runDirectory();
  let gateway: Gateway | undefined;
  try {
    gateway = await startGateway({
      ...options,
      sections: ONE_ATTEMPT,
      upstreams: [
        {
          provider: VENDOR[format],
          format,
          baseUrl: baseUrlOf(upstream.origin, format),
          apiKey: PROVIDER_KEY,
          model: agent.model,
          upstreamModel: MODEL[format],
        },
      ],
    });
    const { url, command } = gateway;
    const key = keyFlags ? await makeKey(gateway, keyFlags) : gateway.key;
    const rows = async (): Promise<LedgerRow[]> => {
      const { stdout } = await command(['ledger', 'show', '--json', '--limit', ROWS]);
      const entries = (JSON.parse(stdout) as { data: LedgerRow[] }).data;
      return entries.filter((entry) => ['charge', 'release'].includes(entry.kind)).toReversed();
    };
    const calls = async (): Promise<LoggedCall[]> => {
      const { stdout } = await command(['logs', '--json', '--limit', ROWS]);
      return (JSON.parse(stdout) as LoggedCall[]).toReversed();
    };
    return await act({
      upstream,
      gateway,
      directory,
      target: { origin: url, baseUrl: `${url}/v1`, key, model: agent.model },
      providerKey: PROVIDER_KEY,
      answered: () => upstream.received.filter((one) => !one.counting),
      rows,
      calls,
    });
  } finally {
    await gateway?.stop();
    await upstream.stop();
    directory.remove();
  }
}

async function makeKey({ command }: Gateway, flags: string[]): Promise<string> {
  const { stdout, stderr } = await command(['keys', 'create', '--name', 'agent', ...flags, '--json']);
  if (stdout === '') throw new Error(`no key was made: ${stderr}`);
  return (JSON.parse(stdout) as { key: string }).key;
}

/** A request without tools is none of the conversation: agents have a title made so. */
export function isAside(body: Json): boolean {
  return !Array.isArray(body.tools) || body.tools.length === 0;
}
