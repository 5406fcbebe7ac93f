// The configuration file that `osiris init` writes.

/** Every setting is shown; what is commented out shows its default or an example. */
export const STARTER_YAML = `# yaml-language-server: $schema=./osiris.schema.json
# The configuration of Osiris. "osiris check" explains what is wrong with it; changes need a restart.
# \${NAME} is replaced by an environment variable, \${NAME:-default} has a fallback, \${file:/path} reads a file.

server:
  host: 127.0.0.1               # 0.0.0.0 to be reachable from other machines
  port: 8080
  # public_url: https://ai.example.com
  # tls: { cert: cert.pem, key: key.pem }
  # trusted_proxies: [127.0.0.1]   # whose X-Forwarded-For counts
  # admin_from: [127.0.0.1]        # who may reach /admin
  # cors_origins: []               # web pages that may call the API, or ["*"]
  # max_body: 10MB
  # max_body_by_route: { /v1/audio/transcriptions: 25MB }
  # request_timeout: 120s          # a whole non-streaming answer
  # connect_timeout: 10s
  # first_byte_timeout: 300s
  # stream_idle_timeout: 120s      # the provider is silent
  # client_stall_timeout: 120s     # the client does not read
  # stream_total_timeout: 30m
  # drain_timeout: 60s             # open requests at shutdown

# Keys are kept here; the path is relative to this file.
data_dir: ./osiris-data

# For each key, unless the key says otherwise.
# limits: { requests_per_minute: 40, concurrent: 20 }

# A provider whose well-known variable is set (OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY, ...) needs no
# entry here.
# providers:
#   openai:    { api_key: "\${OPENAI_API_KEY}" }
#   anthropic: { api_keys: [ "\${ANTHROPIC_KEY_1}", "\${ANTHROPIC_KEY_2}" ] }
#   my-vllm:                       # anything the built-in list does not know
#     base_url: http://127.0.0.1:8000/v1
#     format: openai-chat          # openai-chat, openai-responses, anthropic-messages or google-generate-content
#     auth: none                   # bearer, x-api-key, x-goog-api-key or none

# On top of the built-in catalogue ("osiris models --all"); only what differs. Prices in USD per million tokens.
# models:
#   claude-opus-4.6:
#     aliases: [opus]
#   local-llama:
#     price: { input: 0, output: 0 }
#     context: 131072
#     max_output: 8192
#     capabilities: { tools: true, images: false }
#     deployments: [ { provider: my-vllm, model: llama-3.3-70b } ]
`;
