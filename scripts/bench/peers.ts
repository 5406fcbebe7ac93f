// Other gateways to measure beside Osiris, in pinned versions and as their own pages say to run them for production.

import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { install } from '../../test/clients/install.ts';
import { pythonWith } from '../../test/clients/venv.ts';

export type Peer = {
  name: string;
  /** Installs it where that is still to do, and says how it is started: in `directory`, to listen on `port`. */
  prepare(place: { directory: string; port: number; upstream: string }): Promise<Start>;
  streams: boolean;
  /** Answers when it is ready. */
  readyPath: string;
  /** What it wants to be told with each request, and the key it asks for, if it asks for one. */
  headers(upstream: string): Record<string, string>;
  key: string;
};

type Start = { argv: string[]; env: Record<string, string> };

const LITELLM = '1.106.12';
const PORTKEY = '1.15.2';
/** Of a process on loopback that ends with the run; LiteLLM does not start without one. */
const MASTER_KEY = 'sk-bench';

/**
 * One process each, as Osiris is. Neither has keys of its own, a ledger or a journal here: LiteLLM keeps them in a Postgres
 * where there is one, Portkey's open gateway has none.
 */
export const PEERS: readonly Peer[] = [
  {
    name: `LiteLLM ${LITELLM}`,
    streams: true,
    readyPath: '/health/liveliness',
    headers: () => ({}),
    key: MASTER_KEY,
    async prepare({ directory, port, upstream }) {
      const python = await pythonWith(`litellm-${LITELLM}`, [`litellm[proxy]==${LITELLM}`]);
      const file = join(directory, 'config.yaml');
      const model = { model: 'openai/bench-chat', api_base: `${upstream}/v1`, api_key: 'none' };
      const config = {
        model_list: [{ model_name: 'bench-chat', litellm_params: model }],
        litellm_settings: { request_timeout: 600, set_verbose: false, json_logs: true },
      };
      writeFileSync(file, JSON.stringify(config));
      const where = ['--host', '127.0.0.1', '--port', String(port), '--num_workers', '1'];
      const argv = [join(dirname(python), 'litellm'), '--config', file, ...where, '--telemetry', 'False'];
      // its prices from the package: nothing is asked of other machines
      const env = {
        LITELLM_MODE: 'PRODUCTION',
        LITELLM_LOG: 'ERROR',
        LITELLM_LOCAL_MODEL_COST_MAP: 'True',
        LITELLM_MASTER_KEY: MASTER_KEY,
      };
      return { argv, env };
    },
  },
  {
    name: `Portkey ${PORTKEY}`,
    // from npm, on Node 20 and 22, it fails on every stream of a custom host (`TypeError: immutable`)
    streams: false,
    readyPath: '/',
    headers: (upstream) => ({ 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${upstream}/v1` }),
    key: 'none',
    async prepare({ port }) {
      const packages = { '@portkey-ai/gateway': PORTKEY };
      const program = ['node', '@portkey-ai/gateway/build/start-server.js'];
      const argv = await install({ id: 'portkey', version: PORTKEY, packages, program });
      return {
        argv: [...argv, '--headless', `--port=${port}`],
        env: { TRUSTED_CUSTOM_HOSTS: '127.0.0.1', NODE_ENV: 'production' },
      };
    },
  },
];
