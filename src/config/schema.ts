// The shape of the configuration file, with a description of every member.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a variable in the configuration file is written like this.

import Type, { type Static } from 'typebox';
import type { FormatId } from '../canonical/part.ts';
import { Alerts } from './alerts-schema.ts';
import type { CacheScope } from './config.ts';
import { Billing, Limits, Plan, PricesShape, Trial } from './money-schema.ts';
import { Cost, Routing, Tags } from './routing-schema.ts';
import {
  duration,
  flag,
  list,
  needed,
  numberOrText,
  oneOf,
  section,
  size,
  text,
  whole,
} from './schema-kit.ts';

const FORMATS = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'google-generate-content',
] as const satisfies readonly FormatId[];

const Tls = section(
  {
    cert: needed('PEM file of the certificate and its chain.', 'the path of a PEM file'),
    key: needed('PEM file of the private key.', 'the path of a PEM file'),
  },
  { description: 'Serve HTTPS with this certificate.' },
);

const Server = section(
  {
    host: text({ description: 'Address to listen on; 0.0.0.0 for all.', default: '127.0.0.1' }),
    port: whole({
      description: 'Port to listen on; 0 takes any free one.',
      expects: 'a port from 0 to 65535',
      minimum: 0,
      maximum: 65535,
      default: 8080,
    }),
    public_url: text({
      description: 'Address under which clients reach the gateway.',
      examples: ['https://ai.example.com'],
    }),
    tls: Type.Optional(Tls),
    trusted_proxies: list({
      description: 'Addresses or CIDR ranges whose X-Forwarded-For counts.',
      default: ['127.0.0.1', '::1'],
    }),
    admin_from: list({
      description: 'Addresses or CIDR ranges that may reach /admin.',
      default: ['127.0.0.1', '::1'],
    }),
    metrics_token: text({
      description:
        'Opens /metrics to a monitoring system, wherever it runs; the admin secret opens it from admin_from.',
      expects: 'a long random text such as `"${METRICS_TOKEN}"`',
    }),
    cors_origins: list({
      description: 'Origins whose web pages may call the API; "*" for all.',
      default: [],
    }),
    max_body: Type.Optional(size({ description: 'Largest request body.', default: '10MB' })),
    max_body_by_route: Type.Optional(
      Type.Record(Type.String(), size({ description: 'Largest body of this route.' }), {
        description: 'Largest request body of single routes.',
        examples: [{ '/v1/audio/transcriptions': '25MB' }],
      }),
    ),
    request_timeout: duration({ description: 'For a whole non-streaming answer.', default: '120s' }),
    connect_timeout: duration({ description: 'For reaching a provider.', default: '10s' }),
    first_byte_timeout: duration({
      description: 'For the first byte of a streaming answer.',
      default: '300s',
    }),
    stream_idle_timeout: duration({
      description: 'How long a provider may be silent in a stream.',
      default: '120s',
    }),
    client_stall_timeout: duration({
      description: 'How long a client may not read its stream.',
      default: '120s',
    }),
    stream_total_timeout: duration({ description: 'For a whole streaming answer.', default: '30m' }),
    drain_delay: duration({
      description:
        'How long the port stays open at SIGTERM while /health/ready says that it is not: what load balancers need to notice.',
      default: '2s',
    }),
    drain_timeout: duration({
      description: 'How long running calls may finish at shutdown.',
      default: '60s',
    }),
    max_in_flight: whole({
      description: 'Calls under way at once; more wait for their turn.',
      minimum: 1,
      default: 2048,
    }),
    queue: whole({
      description: 'Calls that may wait for their turn; more are refused.',
      minimum: 0,
      default: 1024,
    }),
    queue_timeout: duration({ description: 'How long a call waits for its turn.', default: '30s' }),
  },
  { description: 'Where and how the gateway listens.' },
);

const QuirksShape = section(
  {
    developer_role: flag({ description: 'Knows the role "developer".' }),
    max_tokens_field: Type.Optional(
      oneOf(['max_tokens', 'max_completion_tokens'], {
        description: 'The member that caps the output on Chat Completions.',
      }),
    ),
    usage_in_stream: flag({ description: 'Accepts stream_options.include_usage.' }),
    reasoning_content: flag({ description: 'Wants reasoning_content back on assistant messages.' }),
    thinking_switch: Type.Optional(
      oneOf(['thinking', 'enable_thinking', 'chat_template_kwargs'], {
        description: 'The member of Chat Completions that turns thinking on and off.',
      }),
    ),
    strict: flag({ description: 'Knows strict on tools and schemas.' }),
    plain_schemas: flag({ description: 'Needs schemas without references and rare keywords.' }),
    json_mode: flag({ description: 'Knows the response format json_object.' }),
    temperature_max: Type.Optional(
      Type.Number({
        description: 'Where its scale of temperatures ends.',
        minimum: 0,
        expects: 'a number such as `1`',
      }),
    ),
    top_k: flag({ description: 'Knows top_k.' }),
    refuses: list({
      description:
        'Members of requests it refuses, such as seed; cache_control of Chat Completions also inside messages and tools.',
    }),
    refuses_betas: list({
      description:
        'Betas of Anthropic it refuses, such as context-management; they and the members they unlock are left out. "*" for all.',
    }),
    reads_files: flag({ description: 'Reads files for models that cannot.' }),
    runs_code: flag({
      description:
        'Runs code itself, as the tools code_interpreter and code_execution ask; false where it does not.',
    }),
  },
  { description: 'How the provider differs from what OpenAI itself does.' },
);

const ProviderEntry = section(
  {
    name: text({ description: 'Name to show.' }),
    api_key: text({
      description: 'The key at this provider.',
      expects: 'a key such as `"${NAME_OF_A_VARIABLE}"`',
    }),
    api_keys: list({ description: 'Several keys, used in turn.' }),
    base_url: text({
      description: 'Everything before the operation, such as /chat/completions.',
      examples: ['http://127.0.0.1:8000/v1'],
    }),
    format: Type.Optional(oneOf(FORMATS, { description: 'The wire format it speaks.' })),
    formats: Type.Optional(
      Type.Array(oneOf(FORMATS, { description: 'A wire format.' }), {
        description: 'The wire formats it speaks, preferred one first.',
        minItems: 1,
      }),
    ),
    auth: Type.Optional(
      oneOf(['bearer', 'x-api-key', 'x-goog-api-key', 'none'], { description: 'How the key is sent.' }),
    ),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.String({ description: 'Value of the header.' }), {
        description: 'Headers to add to every request.',
      }),
    ),
    ca: text({ description: 'PEM file of a certificate authority to trust for this provider.' }),
    quirks: Type.Optional(QuirksShape),
    tags: Tags,
  },
  {
    description: 'A provider: a built-in one by name, or one of your own with base_url and format.',
    expects: 'a section such as `{ api_key: "${NAME_OF_A_VARIABLE}" }`',
  },
);

const CapabilitiesShape = section(
  {
    tools: flag({ description: 'Calls tools.' }),
    images: flag({ description: 'Sees images.' }),
    files: flag({ description: 'Reads files.' }),
    audio: flag({ description: 'Hears audio.' }),
    structured_output: flag({ description: 'Keeps to a JSON schema.' }),
    web_search: flag({ description: 'Has a web search of its own.' }),
    sampling: flag({ description: 'Accepts temperature and its kin.' }),
    idle_sampling: flag({ description: 'Accepts them while it is told not to think.' }),
    stop: flag({ description: 'Accepts stop texts; without it the gateway cuts answers itself.' }),
    thinking_tools: flag({ description: 'Takes tools together with an effort on Chat Completions.' }),
    tool_search: flag({
      description: 'Finds deferred tools with the search of its provider (Messages and Responses).',
    }),
    embeddings: flag({ description: 'Makes embeddings, and nothing else.' }),
    prefill: flag({ description: 'Goes on with a begun answer at the end of a conversation.' }),
    forced_tools: flag({ description: 'Can be forced to call a tool.' }),
    mid_system: flag({
      description:
        'Takes system messages after the first user turn. To others they are told in a user turn, in <system-note>.',
    }),
    thinking: Type.Optional(
      oneOf(['none', 'effort', 'budget', 'adaptive'], { description: 'How reasoning is asked for.' }),
    ),
    efforts: list({ description: 'Reasoning efforts it accepts, lowest first.' }),
  },
  { description: 'What the model can do; what you leave out is taken from the catalogue.' },
);

const DeploymentShape = section(
  {
    provider: needed('A provider, by name.', 'the name of a provider'),
    model: needed('The name the model has there.', 'the name the model has there'),
    format: Type.Optional(
      oneOf(FORMATS, { description: 'Wire format, if not the preferred one of the provider.' }),
    ),
    weight: whole({ description: 'Share of calls among equals.', minimum: 0, default: 1 }),
    cost: Cost,
    tags: Tags,
  },
  {
    description: 'The model at one provider.',
    expects: 'a section such as `{ provider: openai, model: gpt-5 }`',
  },
);

const ModelEntry = section(
  {
    name: text({ description: 'Name to show.' }),
    aliases: list({ description: 'Other names it answers to.' }),
    price: Type.Optional(PricesShape),
    context: whole({ description: 'Longest prompt and answer together, in tokens.', minimum: 1 }),
    max_output: whole({ description: 'Longest answer, in tokens.', minimum: 1 }),
    capabilities: Type.Optional(CapabilitiesShape),
    deployments: Type.Optional(
      Type.Array(DeploymentShape, {
        description: 'Where it runs, first choice first.',
        expects: 'a list such as `[ { provider: openai, model: gpt-5 } ]`',
        minItems: 1,
      }),
    ),
  },
  { description: 'A model: only what differs from the built-in catalogue, or one of your own.' },
);

const Logs = section(
  {
    retention: duration({ description: 'How long the row of a call is kept.', default: '30d' }),
    max_size: Type.Optional(
      size({ description: 'Largest file of rows; the oldest are forgotten first.', default: '1GB' }),
    ),
  },
  { description: 'The request journal: one row a call, which `osiris logs` shows.' },
);

const SCOPES = ['key', 'account', 'server'] as const satisfies readonly CacheScope[];

const Cache = section(
  {
    ttl: duration({
      description: 'How long an answer is given again to the same request; 0s keeps none.',
      default: '0s',
    }),
    max_size: Type.Optional(
      size({
        description: 'How much memory the answers may take; the least used go first.',
        default: '256MB',
      }),
    ),
    price: Type.Optional(
      numberOrText({
        description: 'What such an answer costs of what the call would have cost: 0 nothing, 1 all of it.',
        expects: 'a part from `0` to `1` such as `0.1`',
        default: 0,
      }),
    ),
    scope: Type.Optional(
      oneOf(SCOPES, {
        description: 'Who is given an answer: the key that got it, all keys of its account, or everybody.',
        default: 'key',
      }),
    ),
    default: flag({
      description:
        'For keys that say nothing of it; with false only those made with --cache on, and requests with X-Osiris-Cache: on.',
      default: true,
    }),
  },
  { description: 'Answers kept for requests that come again word for word.' },
);

export const FileSchema = section(
  {
    server: Type.Optional(Server),
    data_dir: text({ description: 'Directory of the databases.', default: './osiris-data' }),
    database: text({ description: 'Kind of database.', default: 'sqlite', examples: ['sqlite'] }),
    providers: Type.Optional(
      Type.Record(Type.String(), ProviderEntry, {
        description: 'The providers you use.',
        expects: 'members such as `openai: { api_key: "${OPENAI_API_KEY}" }`',
      }),
    ),
    models: Type.Optional(
      Type.Record(Type.String(), ModelEntry, {
        description: 'Models and prices.',
        expects: 'members such as `gpt-5: { aliases: [main] }`',
      }),
    ),
    routing: Type.Optional(Routing),
    limits: Type.Optional(Limits),
    billing: Type.Optional(Billing),
    plans: Type.Optional(Type.Record(Type.String(), Plan, { description: 'What people can buy, by name.' })),
    trial: Type.Optional(Trial),
    logs: Type.Optional(Logs),
    cache: Type.Optional(Cache),
    alerts: Type.Optional(Alerts),
  },
  { description: 'Configuration of an Osiris gateway.' },
);

/** The file after parsing, expansion and checking. */
export type FileShape = Static<typeof FileSchema>;
export type ServerShape = Static<typeof Server>;
export type ProviderShape = Static<typeof ProviderEntry>;
export type ModelShape = Static<typeof ModelEntry>;
export type CapabilityNotes = Static<typeof CapabilitiesShape>;
export type LogsShape = Static<typeof Logs>;
export type CacheShape = Static<typeof Cache>;
