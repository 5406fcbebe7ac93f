// The configuration file that `osiris init` writes: works as it is, every choice explained in place.

/** Stands beside the file so that editors can complete and check; `configJsonSchema` is its content. */
export const SCHEMA_FILE = 'osiris.schema.json';

export const CONFIG_TEMPLATE = `# yaml-language-server: $schema=./${SCHEMA_FILE}
#
# Osiris configuration. \`osiris check\` tells everything that is wrong with it.
# Secrets stay outside: "\${NAME}" is an environment variable, "\${NAME:-default}" one with a default,
# "\${file:/run/secrets/key}" the content of a file. Relative paths start at this file.

server:
  host: 127.0.0.1              # 0.0.0.0 to be reachable from outside
  port: 8080
  # public_url: https://ai.example.com
  # tls: { cert: cert.pem, key: key.pem }
  # trusted_proxies: [127.0.0.1]   # whose X-Forwarded-For counts
  # admin_from: [127.0.0.1]        # who may reach /admin
  # metrics_token: "\${METRICS_TOKEN}"   # lets a monitoring system read /metrics
  # cors_origins: []               # web pages that may call the API
  # max_body: 10MB
  # max_body_by_route: { /v1/audio/transcriptions: 25MB }
  # request_timeout: 120s          # a whole answer that is not streamed
  # connect_timeout: 10s
  # first_byte_timeout: 300s
  # stream_idle_timeout: 120s      # provider silent
  # client_stall_timeout: 120s     # client not reading
  # stream_total_timeout: 30m
  # drain_delay: 2s                # at SIGTERM: still listens so long, but /health/ready says no (for load balancers)
  # drain_timeout: 60s             # how long running calls may finish at shutdown
  # max_in_flight: 2048            # calls under way at once; more wait, and keys take turns
  # queue: 1024                    # calls that may wait; more are refused
  # queue_timeout: 30s

data_dir: ./osiris-data
database: sqlite

# The providers you have keys for. As long as none is listed, those whose usual variable is set are used
# (OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY, ...).
providers:
  # openai:     { api_key: "\${OPENAI_API_KEY}" }
  # anthropic:  { api_key: "\${ANTHROPIC_API_KEY}" }
  # google:     { api_key: "\${GEMINI_API_KEY}" }
  # groq:       { api_key: "\${GROQ_API_KEY}" }
  # openrouter: { api_keys: [ "\${OPENROUTER_KEY_1}", "\${OPENROUTER_KEY_2}" ] }   # used in turn
  # ollama:                        # needs no key
  # my-vllm:                       # anything Osiris does not know
  #   base_url: http://127.0.0.1:8000/v1     # what stands before /chat/completions
  #   format: openai-chat          # openai-chat | openai-responses | anthropic-messages | google-generate-content
  #   auth: none                   # bearer | x-api-key | x-goog-api-key | none

# Models come with Osiris; \`osiris models\` lists them. Write only what differs, and models of your own.
models:
  # claude-opus-4-6:
  #   aliases: [opus]
  #   price: { input: 5.00, output: 25.00, cached_input: 0.50, cache_write: 6.25 }   # USD per 1M tokens
  # gpt-5:
  #   price: [ { input: 1.25, output: 10.00 }, { from: 2027-01-01, input: 1.50, output: 12.00 } ]   # by date
  # local-llama:
  #   price: { input: 0, output: 0 }         # free
  #   context: 131072
  #   max_output: 8192
  #   capabilities: { tools: true, images: false }
  #   deployments: [ { provider: my-vllm, model: llama-3.3-70b } ]

# Where a call goes, and where next when that fails.
routing:
  strategy: priority           # of a model's deployments: priority | weighted | cheapest | fastest | least_busy
  retries: 2                   # further attempts at one deployment after 429, 5xx or a connection that broke
  cooldown: 30s                # a deployment that failed three times in a row is left alone for so long
  # attempt_timeout: 60s       # how long one may say nothing while another could be asked; it may cost twice
  # fallbacks: { gpt-5: [claude-opus-4-6] }   # other models, when no deployment of the first one answers
  # fallback_on: [context_length]             # and when the prompt is too long for it; refusal: when it refuses

# Of every key that has no limits of its own.
limits:
  requests_per_minute: 40
  concurrent: 20
  # tokens_per_minute: 200000
  # usd_per_minute: 1.00

# The price of a call is that of its tokens. Prices in this file are sold as they stand.
billing:
  minimum_charge: 0.001        # USD; of every call that is charged. Free models stay free
  margin: 1.0                  # times the catalogue's prices
  hold: expected               # put aside for a call: what it usually costs, or (strict) the most it can
  expected_output: 2000        # tokens
  # daily_cap: 50.00           # USD of all keys together in a day; then only free models answer
  timezone: UTC                # where the days, weeks and months of budgets and of the cap begin

# What people can buy: a balance (credit), or a time of use (days) up to a quota at list price.
plans:
  # starter: { price: 10.00, credit: 10.00 }
  # month:
  #   price: 30.00
  #   days: 30
  #   quota: 100.00
  #   requests_per_minute: 60
  #   concurrent: 40

trial:
  days: 3
  requests_per_minute: 15
  credit: 1.00
  email_domains: [gmail.com]

# The same request again is answered from memory, without asking a provider.
cache:
  ttl: 0s                      # how long an answer is good for, such as 10m; 0s keeps none
  max_size: 256MB
  price: 0                     # of what the call would have cost: 0 is free, 1 is all of it
  scope: key                   # who is given it: the key that got it, all of its account, or (server) everybody
  default: true                # false: only keys with --cache on, and requests with X-Osiris-Cache: on

# One row for each call, without prompts and answers; \`osiris logs\` shows them.
logs:
  retention: 30d               # the oldest rows are forgotten: by age,
  max_size: 1GB                # and by size

# Who is told of trouble: an account at a provider is empty, a provider fails or refuses a key, charges wait to be
# written, a changed configuration is wrong, the daily cap is reached, calls are paused. \`osiris alerts test\` sends one.
alerts:
  # webhooks: [ { url: "\${ALERT_URL}" } ]   # Slack and Discord are known by their address, all others get JSON;
  #                              # beside it, if you like: events, secret (signs what is sent), format, headers
  # remind: 6h                   # trouble that goes on is told again
  # ledger_lag: 2s               # charges that wait longer to be on disk are trouble
`;
