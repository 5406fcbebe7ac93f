// Every problem of a configuration file is told at once, in its place, with what to write instead.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a variable in the configuration file is written like this.

import { describe, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { emptyDirectory, loadText, refused } from '../support/config-file.ts';

const SECRET = 'sk-do-not-show-me-anywhere';
const ENV = {
  SECRET,
  SECRET_URL: `https://user:${SECRET}@example.com`,
  BROKEN_KEY: `${SECRET} ü`,
  EMPTY: '',
};

type Case = { what: string; file: string; at: [line: number, column: number]; path: string; says: string[] };

const VLLM = 'my-vllm: { base_url: "http://127.0.0.1:8000/v1", format: openai-chat, auth: none }';
const own = (members: string): string => `providers: { ${VLLM} }\nmodels:\n  own: { ${members} }`;
const DEPLOYED = 'deployments: [ { provider: my-vllm, model: m } ]';

// biome-ignore format: one case to a line reads as the table it is
const CASES: Case[] = [
  { what: 'a misspelt section', file: 'sever:\n  port: 1', at: [1, 1], path: 'sever', says: ['not a known name', '`server`'] },
  { what: 'an unknown section', file: 'database: sqlite\nzzz: 1', at: [2, 1], path: 'zzz', says: ['known here', 'providers'] },
  { what: 'a member that is not indented', file: 'server:\nport: 1', at: [2, 1], path: 'port', says: ['indent it under `server:`'] },
  { what: 'a member of several sections that is not indented', file: 'limits:\nrequests_per_minute: 1', at: [2, 1], path: 'requests_per_minute', says: ['indent it under `limits:` or `trial:`'] },
  { what: 'a provider that is not indented', file: `providers:\nopenai: { api_key: ${SECRET} }`, at: [2, 1], path: 'openai', says: ['indent it under `providers:`'] },
  { what: 'providers as a list', file: 'providers: [ openai ]', at: [1, 12], path: 'providers', says: ['`openai: { api_key: "${OPENAI_API_KEY}" }`', 'not a list'] },
  { what: 'models as a list', file: 'models: [ gpt-5 ]', at: [1, 9], path: 'models', says: ['`gpt-5: { aliases: [main] }`', 'not a list'] },
  { what: 'a key in the place of a provider', file: `providers: { openai: ${SECRET} }`, at: [1, 22], path: 'providers.openai', says: ['`{ api_key: "${NAME_OF_A_VARIABLE}" }`'] },
  { what: 'a deployment in one word', file: own('price: { input: 0, output: 0 }, deployments: [ my-vllm/m ]'), at: [3, 57], path: 'models.own.deployments[0]', says: ['`{ provider: openai, model: gpt-5 }`'] },
  { what: 'an alert in one word', file: 'alerts: { webhooks: [ "https://x.example" ] }', at: [1, 23], path: 'alerts.webhooks[0]', says: ['`{ url: "${ALERT_URL}" }`'] },
  { what: 'a misspelt member', file: 'server:\n  prot: 1', at: [2, 3], path: 'server.prot', says: ['did you mean `port`'] },
  { what: 'a duplicate name', file: 'server:\n  port: 1\n  host: ::1\n  port: 2', at: [4, 3], path: 'server.port (again)', says: ['already there', 'keep one'] },
  { what: 'a section that is not closed', file: 'server: { port: 1\nlimits: { concurrent: 2 }', at: [2, 1], path: '', says: ['before', '`{`', 'closed'] },
  { what: 'a value that sticks to its name', file: 'server: { port:8080 }', at: [1, 11], path: 'server.port', says: ['space behind its colon'] },
  { what: 'a section that sticks to its name', file: `providers:\n  openai:{ api_key: ${SECRET} }`, at: [2, 3], path: 'providers.openai', says: ['space behind its colon'] },
  { what: 'a variable without braces', file: 'providers: { openai: { api_key: $OPENAI_API_KEY } }', at: [1, 33], path: 'providers.openai.api_key', says: ['not filled in', '`"${OPENAI_API_KEY}"`'] },
  { what: 'a variable between brackets without quotes', file: 'providers:\n  openai: { api_key: ${A_KEY} }\n  google: { api_key: ${B_KEY} }', at: [2, 23], path: '', says: ['without quotes', '`"${…}"`'] },
  { what: 'a deployment at nobody', file: own('price: { input: 0, output: 0 }, deployments: [ { provider: zzzzzzzz, model: m } ]'), at: [3, 69], path: 'models.own.deployments[0].provider', says: ['is not a provider; one of your own has to stand under `providers`'] },
  { what: 'a port out of range', file: 'server:\n  port: 70000', at: [2, 9], path: 'server.port', says: ['0 to 65535', '70000'] },
  { what: 'a port in words', file: 'server: { port: eighty }', at: [1, 17], path: 'server.port', says: ['0 to 65535'] },
  { what: 'a port with a fraction', file: 'server: { port: 80.5 }', at: [1, 17], path: 'server.port', says: ['80.5'] },
  { what: 'an unknown unit of time', file: 'server:\n  request_timeout: 5 minutes', at: [2, 20], path: 'server.request_timeout', says: ['`30s`', '`5m`'] },
  { what: 'a timeout of nothing', file: 'server:\n  connect_timeout: 0s', at: [2, 20], path: 'server.connect_timeout', says: ['above zero'] },
  { what: 'a timeout that is a list', file: 'server:\n  drain_timeout: [1]', at: [2, 18], path: 'server.drain_timeout', says: ['duration', 'not a list'] },
  { what: 'a size without its unit', file: 'server:\n  max_body: 10', at: [2, 13], path: 'server.max_body', says: ['`10MB`', 'a plain number is bytes'] },
  { what: 'a size of a plan without its unit', file: 'plans:\n  a: { price: 1, days: 1, max_body: 10 }', at: [2, 37], path: 'plans.a.max_body', says: ['`10MB`'] },
  { what: 'an unknown unit of size', file: 'server:\n  max_body: 10 potatoes', at: [2, 13], path: 'server.max_body', says: ['`10MB`'] },
  { what: 'a size of a route without a slash', file: 'server:\n  max_body_by_route: { audio: 1MB }', at: [2, 24], path: 'server.max_body_by_route.audio', says: ['`/v1/messages`'] },
  { what: 'a token that can be guessed', file: 'server:\n  metrics_token: short', at: [2, 18], path: 'server.metrics_token', says: ['at least 16 characters'] },
  { what: 'a host in typographic quotes', file: 'server:\n  host: “127.0.0.1”', at: [2, 9], path: 'server.host', says: ['`127.0.0.1`'] },
  { what: 'a host with its port', file: 'server:\n  host: 127.0.0.1:8080', at: [2, 9], path: 'server.host', says: ['without `http://` and port'] },
  { what: 'a public address without scheme', file: 'server:\n  public_url: ai.example.com', at: [2, 15], path: 'server.public_url', says: ['https://'] },
  { what: 'a host name as address range', file: 'server:\n  admin_from: [127.0.0.1, localhost]', at: [2, 27], path: 'server.admin_from[1]', says: ['CIDR', '10.0.0.0/8'] },
  { what: 'a prefix that is too long', file: 'server:\n  trusted_proxies: [10.0.0.0/40]', at: [2, 21], path: 'server.trusted_proxies[0]', says: ['CIDR'] },
  { what: 'an origin with a path', file: 'server:\n  cors_origins: ["https://a.example/x"]', at: [2, 18], path: 'server.cors_origins[0]', says: ['without a path'] },
  { what: 'a certificate without key', file: 'server:\n  tls: { cert: a.pem }', at: [2, 3], path: 'server.tls.key', says: ['is missing', 'PEM'] },
  { what: 'a certificate that is not there', file: 'server:\n  tls: { cert: a.pem, key: b.pem }', at: [2, 16], path: 'server.tls.cert', says: ['does not exist'] },
  { what: 'an empty value', file: 'server:\n  host:\n  port: 1', at: [2, 8], path: 'server.host', says: ['is empty'] },
  { what: 'PostgreSQL', file: `database: postgres://u:${SECRET}@db/x`, at: [1, 11], path: 'database', says: ['not part of this version', 'sqlite'] },
  { what: 'an unknown database', file: 'database: mysql', at: [1, 11], path: 'database', says: ['`sqlite`', 'data_dir'] },
  { what: 'an unknown strategy', file: 'routing: { strategy: random }', at: [1, 22], path: 'routing.strategy', says: ['`weighted`', '`least_busy`'] },
  { what: 'too many retries', file: 'routing: { retries: 9 }', at: [1, 21], path: 'routing.retries', says: ['0 to 5'] },
  { what: 'a cooldown of a day', file: 'routing: { cooldown: 1d }', at: [1, 22], path: 'routing.cooldown', says: ['`1h`'] },
  { what: 'an attempt without time', file: 'routing: { attempt_timeout: 10ms }', at: [1, 29], path: 'routing.attempt_timeout', says: ['at least a second', '`60s`'] },
  { what: 'an alert to no address', file: 'alerts: { webhooks: [ { url: nowhere } ] }', at: [1, 30], path: 'alerts.webhooks[0].url', says: ['http(s) address'] },
  { what: 'an alert to an address with a password', file: 'alerts: { webhooks: [ { url: "https://me:secret@x.example" } ] }', at: [1, 30], path: 'alerts.webhooks[0].url', says: ['without a user name', '`headers`'] },
  { what: 'two webhooks at one address', file: 'alerts: { webhooks: [ { url: "https://x.example" }, { url: "https://x.example/" } ] }', at: [1, 60], path: 'alerts.webhooks[1].url', says: ['another one', 'keep one'] },
  { what: 'an unknown event', file: 'alerts: { webhooks: [ { url: "https://x.example", events: [fire] } ] }', at: [1, 60], path: 'alerts.webhooks[0].events[0]', says: ['`account_empty`', '`breaker_open`'] },
  { what: 'a signing secret that is no base64', file: 'alerts: { webhooks: [ { url: "https://x.example", secret: "whsec_?" } ] }', at: [1, 59], path: 'alerts.webhooks[0].secret', says: ['base64'] },
  { what: 'a header of alerts that is ours', file: 'alerts: { webhooks: [ { url: "https://x.example", headers: { Webhook-Id: x } } ] }', at: [1, 62], path: 'alerts.webhooks[0].headers.Webhook-Id', says: ['by Osiris itself'] },
  { what: 'a reminder every second', file: 'alerts: { remind: 1s }', at: [1, 19], path: 'alerts.remind', says: ['at least a minute', '`0`'] },
  { what: 'a lag that is none', file: 'alerts: { ledger_lag: 0 }', at: [1, 23], path: 'alerts.ledger_lag', says: ['`2s`'] },
  { what: 'a fallback for no model', file: 'routing:\n  fallbacks: { gtp-5: [gpt-5] }', at: [2, 16], path: 'routing.fallbacks.gtp-5', says: ['names no model', 'did you mean `gpt-5`'] },
  { what: 'a fallback that is no model', file: 'routing:\n  fallbacks: { gpt-5: [clod] }', at: [2, 24], path: 'routing.fallbacks.gpt-5[0]', says: ['names no model'] },
  { what: 'a fallback on itself', file: 'routing:\n  fallbacks: { gpt-5: [gpt-5-mini, gpt-5] }', at: [2, 36], path: 'routing.fallbacks.gpt-5[1]', says: ['the model itself'] },
  { what: 'two fallbacks of one model', file: 'routing:\n  fallbacks: { claude-opus-4.6: [gpt-5], claude-opus-4-6: [gpt-5] }', at: [2, 42], path: 'routing.fallbacks.claude-opus-4-6', says: ['same model', 'keep one'] },
  { what: 'an unknown reason to fall back', file: 'routing: { fallback_on: [boredom] }', at: [1, 26], path: 'routing.fallback_on[0]', says: ['`context_length`', '`refusal`'] },
  { what: 'a cost in words', file: own('price: { input: 0, output: 0 }, deployments: [ { provider: my-vllm, model: m, cost: { input: cheap, output: 1 } } ]'), at: [3, 103], path: 'models.own.deployments[0].cost.input', says: ['`5.00`'] },
  { what: 'a limit below one', file: 'limits: { concurrent: 0 }', at: [1, 23], path: 'limits.concurrent', says: ['at least 1'] },
  { what: 'an unknown limit', file: 'limits: { requests: 1 }', at: [1, 11], path: 'limits.requests', says: ['`requests_per_minute`'] },
  { what: 'a limit of no money', file: 'limits: { usd_per_minute: 0 }', at: [1, 27], path: 'limits.usd_per_minute', says: ['above zero'] },
  { what: 'answers kept for ever', file: 'cache: { ttl: 9999d }', at: [1, 15], path: 'cache.ttl', says: ['`366d`', '`0s`'] },
  { what: 'a cache of no size', file: 'cache: { max_size: 10KB }', at: [1, 20], path: 'cache.max_size', says: ['`1MB`'] },
  { what: 'an answer dearer than its call', file: 'cache: { price: 1.01 }', at: [1, 17], path: 'cache.price', says: ['`0`', '`1`', '`0.1`'] },
  { what: 'a price of answers in percent', file: 'cache: { price: 10% }', at: [1, 17], path: 'cache.price', says: ['`0.1`'] },
  { what: 'an unknown scope of answers', file: 'cache: { scope: team }', at: [1, 17], path: 'cache.scope', says: ['`account`', '`server`'] },
  { what: 'a default of answers in words', file: 'cache: { default: on }', at: [1, 19], path: 'cache.default', says: ['`true`', '`false`'] },
  { what: 'a negative minimum', file: 'billing: { minimum_charge: -1 }', at: [1, 28], path: 'billing.minimum_charge', says: ['not negative'] },
  { what: 'a minimum in words', file: 'billing: { minimum_charge: cheap }', at: [1, 28], path: 'billing.minimum_charge', says: ['`5.00`'] },
  { what: 'a minimum that is a list', file: 'billing: { minimum_charge: [1] }', at: [1, 28], path: 'billing.minimum_charge', says: ['`0.001`', 'not a list'] },
  { what: 'a margin in percent', file: 'billing: { margin: 15% }', at: [1, 20], path: 'billing.margin', says: ['`1.15`'] },
  { what: 'a margin of nothing', file: 'billing: { margin: 0 }', at: [1, 20], path: 'billing.margin', says: ['above 0'] },
  { what: 'a margin that is too fine', file: 'billing: { margin: 1.12345 }', at: [1, 20], path: 'billing.margin', says: ['four digits'] },
  { what: 'an unknown kind of hold', file: 'billing: { hold: loose }', at: [1, 18], path: 'billing.hold', says: ['`expected`', '`strict`'] },
  { what: 'no expected output', file: 'billing: { expected_output: 0 }', at: [1, 29], path: 'billing.expected_output', says: ['at least 1'] },
  { what: 'a cap of nothing', file: 'billing: { daily_cap: 0 }', at: [1, 23], path: 'billing.daily_cap', says: ['above zero', 'remove the line'] },
  { what: 'a cap below nothing', file: 'billing: { daily_cap: -5 }', at: [1, 23], path: 'billing.daily_cap', says: ['not negative'] },
  { what: 'a cap in words', file: 'billing: { daily_cap: 50/day }', at: [1, 23], path: 'billing.daily_cap', says: ['an amount in USD'] },
  { what: 'a delay that is none', file: 'server: { drain_delay: soon }', at: [1, 24], path: 'server.drain_delay', says: ['duration', '`30s`'] },
  { what: 'a misspelt time zone', file: 'billing: { timezone: Europe/Berln }', at: [1, 22], path: 'billing.timezone', says: ['did you mean `Europe/Berlin`'] },
  { what: 'a misspelt member of billing', file: 'billing: { minimum: 1 }', at: [1, 12], path: 'billing.minimum', says: ['not a known name'] },
  { what: 'a plan without price', file: 'plans:\n  a: { credit: 1 }', at: [2, 3], path: 'plans.a.price', says: ['is missing'] },
  { what: 'a plan that gives nothing', file: 'plans:\n  a: { price: 1 }', at: [2, 3], path: 'plans.a', says: ['`credit:`', '`days:`'] },
  { what: 'a plan that gives both', file: 'plans:\n  a: { price: 1, credit: 1, days: 3 }', at: [2, 35], path: 'plans.a.days', says: ['remove one'] },
  { what: 'a quota without days', file: 'plans:\n  a: { price: 1, credit: 1, quota: 3 }', at: [2, 36], path: 'plans.a.quota', says: ['`days`'] },
  { what: 'a quota of nothing', file: 'plans:\n  a: { price: 1, days: 1, quota: 0 }', at: [2, 34], path: 'plans.a.quota', says: ['above zero'] },
  { what: 'a negative price of a plan', file: 'plans:\n  a: { price: -1, days: 1 }', at: [2, 15], path: 'plans.a.price', says: ['not negative'] },
  { what: 'a body of no known size', file: 'plans:\n  a: { price: 1, days: 1, max_body: big }', at: [2, 37], path: 'plans.a.max_body', says: ['`10MB`'] },
  { what: 'a timeout of no known time', file: 'plans:\n  a: { price: 1, days: 1, request_timeout: long }', at: [2, 44], path: 'plans.a.request_timeout', says: ['`5m`'] },
  { what: 'a plan for no model', file: 'plans:\n  a: { price: 1, days: 1, models: [gpt-5, gpt-5-minni] }', at: [2, 43], path: 'plans.a.models[1]', says: ['did you mean `gpt-5-mini`'] },
  { what: 'a trial for an address', file: 'trial: { email_domains: [gmail.com, "@gmail.com"] }', at: [1, 37], path: 'trial.email_domains[1]', says: ['`gmail.com`'] },
  { what: 'a trial of no days', file: 'trial: { days: 0 }', at: [1, 16], path: 'trial.days', says: ['at least 1'] },
  { what: 'a negative credit', file: 'trial: { credit: -1 }', at: [1, 18], path: 'trial.credit', says: ['not negative'] },
  { what: 'an empty price', file: own(`price: , ${DEPLOYED}`), at: [3, 17], path: 'models.own.price', says: ['is empty', '`{ input: 5.00, output: 25.00 }`'] },
  { what: 'a price that is a number', file: own(`price: 5, ${DEPLOYED}`), at: [3, 17], path: 'models.own.price', says: ['`{ input: 5.00, output: 25.00 }`', 'not 5'] },
  { what: 'an empty price list', file: own(`price: [], ${DEPLOYED}`), at: [3, 17], path: 'models.own.price', says: ['at least one entry'] },
  { what: 'a price list with a hole', file: own(`price: [ { input: 1 } ], ${DEPLOYED}`), at: [3, 17], path: 'models.own.price[0].output', says: ['is missing'] },
  { what: 'a price list with a misspelt class', file: own(`price: [ { input: 1, output: 1, cached: 1 } ], ${DEPLOYED}`), at: [3, 42], path: 'models.own.price[0].cached', says: ['`cached_input`'] },
  { what: 'a price list with a negative price', file: own(`price: [ { input: 1, output: -1 } ], ${DEPLOYED}`), at: [3, 39], path: 'models.own.price[0].output', says: ['not negative'] },
  { what: 'two prices without a date', file: own(`price: [ { input: 1, output: 1 }, { input: 2, output: 2 } ], ${DEPLOYED}`), at: [3, 44], path: 'models.own.price[1]', says: ['no date'] },
  { what: 'two prices of one date', file: own(`price: [ { input: 1, output: 1, from: 2026-12-01 }, { input: 2, output: 2, from: 2026-12-01 } ], ${DEPLOYED}`), at: [3, 91], path: 'models.own.price[1].from', says: ['another price'] },
  { what: 'a date that is none', file: own(`price: { input: 1, output: 1, from: 2026-02-30 }, ${DEPLOYED}`), at: [3, 46], path: 'models.own.price.from', says: ['`2026-12-01`'] },
  { what: 'a price of one search in words', file: own(`price: { input: 1, output: 1, per_search: x }, ${DEPLOYED}`), at: [3, 52], path: 'models.own.price.per_search', says: ['twelve digits'] },
  { what: 'two steps at one length', file: own(`price: { input: 1, output: 1, steps: [ { above: 5, input: 1, output: 1 }, { above: 5, input: 2, output: 2 } ] }, ${DEPLOYED}`), at: [3, 93], path: 'models.own.price.steps[1].above', says: ['another step'] },
  { what: 'a tier without output', file: own(`price: { input: 1, output: 1, tiers: { flex: { input: 1 } } }, ${DEPLOYED}`), at: [3, 49], path: 'models.own.price.tiers.flex.output', says: ['is missing'] },
  { what: 'a factor of five digits', file: own(`price: { input: 1, output: 1, inference_geo: { us: 1.10001 } }, ${DEPLOYED}`), at: [3, 61], path: 'models.own.price.inference_geo.us', says: ['`1.1`', 'four digits'] },
  { what: 'a factor of nothing', file: own(`price: { input: 1, output: 1, inference_geo: { us: 0 } }, ${DEPLOYED}`), at: [3, 61], path: 'models.own.price.inference_geo.us', says: ['above 0'] },
  { what: 'a retention that is no duration', file: 'logs: { retention: forever }', at: [1, 20], path: 'logs.retention', says: ['`30d`'] },
  { what: 'a retention of nothing', file: 'logs: { retention: 0 }', at: [1, 20], path: 'logs.retention', says: ['at least a minute'] },
  { what: 'a size too small for a journal', file: 'logs:\n  max_size: 10KB', at: [2, 13], path: 'logs.max_size', says: ['at least `1MB`'] },
  { what: 'an unknown member of logs', file: 'logs: { keep: 30d }', at: [1, 9], path: 'logs.keep', says: ['retention', 'max_size'] },
  { what: 'a variable that is not set', file: 'providers:\n  openai: { api_key: "${NOPE}" }', at: [2, 22], path: 'providers.openai.api_key', says: ['NOPE', 'not set', '${NOPE:-default}'] },
  { what: 'a variable that is empty', file: 'providers:\n  openai: { api_key: "${EMPTY}" }', at: [2, 22], path: 'providers.openai.api_key', says: ['EMPTY', 'not set'] },
  { what: 'a secret file that is not there', file: 'providers:\n  openai: { api_key: "${file:./nope}" }', at: [2, 22], path: 'providers.openai.api_key', says: ['./nope', 'cannot be read'] },
  { what: 'a secret in place of a name', file: `providers:\n  openai: { api_key: "\${${SECRET}}" }`, at: [2, 22], path: 'providers.openai.api_key', says: ['`${NAME}`'] },
  { what: 'an unclosed variable', file: 'providers:\n  openai: { api_key: "${NOPE" }', at: [2, 22], path: 'providers.openai.api_key', says: ['without its `}`'] },
  { what: 'a built-in provider without key', file: 'providers:\n  groq: {}', at: [2, 3], path: 'providers.groq.api_key', says: ['GROQ_API_KEY'] },
  { what: 'an empty list of keys', file: 'providers:\n  groq: { api_keys: [] }', at: [2, 11], path: 'providers.groq.api_keys', says: ['GROQ_API_KEY'] },
  { what: 'both kinds of keys', file: `providers:\n  groq: { api_key: ${SECRET}, api_keys: [b] }`, at: [2, 11], path: 'providers.groq.api_key', says: ['`api_keys`'] },
  { what: 'a key that no header can carry', file: 'providers:\n  groq: { api_key: "${BROKEN_KEY}" }', at: [2, 20], path: 'providers.groq.api_key', says: ['header', 'quotes'] },
  { what: 'a key in place of a provider', file: `providers:\n  groq: ${SECRET}`, at: [2, 9], path: 'providers.groq', says: ['section'] },
  { what: 'a key without its name', file: `providers:\n  groq: { api_key: a, ${SECRET} }`, at: [2, 23], path: 'providers.groq.…', says: ['not a known name', 'api_key'] },
  { what: 'a number as key', file: 'providers:\n  groq: { api_key: 12345 }', at: [2, 20], path: 'providers.groq.api_key', says: ['a key such as'] },
  { what: 'a key that is never sent', file: `providers:\n  ollama: { api_key: ${SECRET} }`, at: [2, 13], path: 'providers.ollama.api_key', says: ['auth: bearer'] },
  { what: 'a misspelt provider', file: `providers:\n  opnai: { api_key: ${SECRET} }`, at: [2, 3], path: 'providers.opnai', says: ['did you mean `openai`', 'base_url'] },
  { what: 'a provider of your own without address', file: 'providers:\n  my-own-thing: { format: openai-chat, auth: none }', at: [2, 3], path: 'providers.my-own-thing.base_url', says: ['base_url: https://'] },
  { what: 'a provider of your own without format', file: 'providers:\n  my-own-thing: { base_url: "http://x/v1", auth: none }', at: [2, 3], path: 'providers.my-own-thing.format', says: ['format: openai-chat'] },
  { what: 'a provider of your own without key', file: 'providers:\n  my-own-thing: { base_url: "http://x/v1", format: openai-chat }', at: [2, 3], path: 'providers.my-own-thing.api_key', says: ['auth: none'] },
  { what: 'an unknown format', file: 'providers:\n  openai: { api_key: a, format: openai }', at: [2, 33], path: 'providers.openai.format', says: ['`openai-chat`', '`anthropic-messages`'] },
  { what: 'an unknown sign-in', file: 'providers:\n  openai: { api_key: a, auth: basic }', at: [2, 31], path: 'providers.openai.auth', says: ['`bearer`', '`none`'] },
  { what: 'an address with a password', file: 'providers:\n  openai: { api_key: a, base_url: "${SECRET_URL}" }', at: [2, 35], path: 'providers.openai.base_url', says: ['password'] },
  { what: 'an address with the operation', file: 'providers:\n  openai: { api_key: a, base_url: "https://x.example/v1/chat/completions" }', at: [2, 35], path: 'providers.openai.base_url', says: ['remove `/chat/completions`'] },
  { what: 'a provider by two of its names', file: 'providers:\n  google: { api_key: a }\n  gemini: { api_key: b }', at: [3, 3], path: 'providers.gemini', says: ['same provider as `google`'] },
  { what: 'the sandbox', file: 'providers:\n  sandbox: {}', at: [2, 3], path: 'providers.sandbox', says: ['always there'] },
  { what: 'a header with a line break', file: 'providers:\n  openai: { api_key: a, headers: { X-A: "b\\nc" } }', at: [2, 41], path: 'providers.openai.headers.X-A', says: ['header'] },
  { what: 'an authority that is none', file: 'providers:\n  openai: { api_key: a, ca: osiris.yaml }', at: [2, 29], path: 'providers.openai.ca', says: ['BEGIN CERTIFICATE'] },
  { what: 'an unknown quirk', file: 'providers:\n  openai: { api_key: a, quirks: { developer: true } }', at: [2, 35], path: 'providers.openai.quirks.developer', says: ['`developer_role`'] },
  { what: 'a model without deployments', file: 'models:\n  own: { price: { input: 0, output: 0 } }', at: [2, 3], path: 'models.own.deployments', says: ['provider: …'] },
  { what: 'a misspelt model', file: 'models:\n  claude-opus-4.66: { price: { input: 0, output: 0 } }', at: [2, 3], path: 'models.claude-opus-4.66.deployments', says: ['`claude-opus-4-6`'] },
  { what: 'a model without price', file: own(DEPLOYED), at: [3, 3], path: 'models.own.price', says: ['per 1M tokens', '0 for a free'] },
  { what: 'a price without output', file: own(`price: { input: 1 }, ${DEPLOYED}`), at: [3, 10], path: 'models.own.price.output', says: ['is missing'] },
  { what: 'a negative price', file: own(`price: { input: -1, output: 1 }, ${DEPLOYED}`), at: [3, 26], path: 'models.own.price.input', says: ['not negative'] },
  { what: 'a price in words', file: own(`price: { input: 1, output: cheap }, ${DEPLOYED}`), at: [3, 37], path: 'models.own.price.output', says: ['`5.00`'] },
  { what: 'a price with seven digits', file: own(`price: { input: 0.0000015, output: 1 }, ${DEPLOYED}`), at: [3, 26], path: 'models.own.price.input', says: ['six digits'] },
  { what: 'a price of billions', file: own(`price: { input: 5000000000, output: 1 }, ${DEPLOYED}`), at: [3, 26], path: 'models.own.price.input', says: ['at most `100000`'] },
  { what: 'a price of an image of thousands', file: own(`price: { input: 1, output: 1, per_image: 1000.01 }, ${DEPLOYED}`), at: [3, 51], path: 'models.own.price.per_image', says: ['at most `1000`'] },
  { what: 'a factor of hundreds', file: own(`price: { input: 1, output: 1, inference_geo: { us: 110 } }, ${DEPLOYED}`), at: [3, 61], path: 'models.own.price.inference_geo.us', says: ['at most 10'] },
  { what: 'a least charge of all the money', file: 'billing: { minimum_charge: 10000000000 }', at: [1, 28], path: 'billing.minimum_charge', says: ['at most `1000000000`'] },
  { what: 'a deployment at an unknown provider', file: own('price: { input: 1, output: 1 }, deployments: [ { provider: my-vlm, model: m } ]'), at: [3, 69], path: 'models.own.deployments[0].provider', says: ['did you mean `my-vllm`'] },
  { what: 'a deployment without model', file: own('price: { input: 1, output: 1 }, deployments: [ { provider: my-vllm } ]'), at: [3, 55], path: 'models.own.deployments[0].model', says: ['is missing'] },
  { what: 'a deployment in a format its provider lacks', file: own('price: { input: 1, output: 1 }, deployments: [ { provider: my-vllm, model: m, format: anthropic-messages } ]'), at: [3, 96], path: 'models.own.deployments[0].format', says: ['openai-chat'] },
  { what: 'a model by two spellings', file: 'models:\n  claude-opus-4.6: {}\n  claude-opus-4-6: {}', at: [3, 3], path: 'models.claude-opus-4-6', says: ['`claude-opus-4.6`', 'interchangeable'] },
  { what: 'an alias that is another model', file: 'models:\n  claude-opus-4.6: { aliases: [gpt-4.1] }', at: [2, 32], path: 'models.claude-opus-4.6.aliases[0]', says: ['another model'] },
  { what: 'one alias for two models', file: 'models:\n  gpt-5: { aliases: [best] }\n  gpt-4o: { aliases: [best] }', at: [3, 23], path: 'models.gpt-4o.aliases[0]', says: ['already an alias of `gpt-5`'] },
  { what: 'an unknown capability', file: 'models:\n  gpt-5: { capabilities: { image: true } }', at: [2, 28], path: 'models.gpt-5.capabilities.image', says: ['`images`'] },
  { what: 'a capability in words', file: 'models:\n  gpt-5: { capabilities: { images: sometimes } }', at: [2, 36], path: 'models.gpt-5.capabilities.images', says: ['`true` or `false`'] },
  { what: 'a list in place of the file', file: '- a\n- b', at: [1, 1], path: '', says: ['`server:`'] },
  { what: 'a tab', file: 'server:\n\tport: 1', at: [2, 1], path: '', says: ['tab'] },
  { what: 'an unclosed quote', file: `providers:\n  openai: { api_key: "${SECRET} }`, at: [2, 51], path: '', says: ['quote'] },
];

describe('a configuration file with', () => {
  for (const { what, file, at, path, says } of CASES) {
    test(`${what} is refused in its place`, () => {
      const problems = refused(loadText(file, ENV));
      const problem = problems.find((each) => each.path === path);
      expect(problem, JSON.stringify(problems)).toBeDefined();
      expect([problem?.line, problem?.column]).toEqual(at);
      for (const words of says) expect(problem?.message).toContain(words);
      expect(JSON.stringify(problems)).not.toContain(SECRET);
    });
  }
});

test('a file that is wrong in one way has one problem', () => {
  for (const { what, file } of CASES) {
    // Neither the certificate nor its key are there.
    const expected = what === 'a certificate that is not there' ? 2 : 1;
    expect(`${what}: ${refused(loadText(file, ENV)).length}`).toBe(`${what}: ${expected}`);
  }
});

test('all problems are told at once, in the order of the file', () => {
  const file =
    'server: { port: 99999, prot: 1 }\ncache: { ttls: 1 }\nproviders: { groq: {} }\nmodels:\n  own: { context: x }\nlimits: { concurrent: no }';
  const problems = refused(loadText(file));
  expect(problems.map((problem) => problem.path)).toEqual([
    'server.port',
    'server.prot',
    'cache.ttls',
    'providers.groq.api_key',
    'models.own.deployments',
    'models.own.price',
    'models.own.context',
    'limits.concurrent',
  ]);
});

test('a problem is shown as file, line, column, path and advice', () => {
  const [problem] = refused(loadText('server:\n  port: 70000'));
  expect(problem === undefined ? '' : formatProblem(problem)).toMatch(
    /osiris\.yaml:2:9 server\.port: must be a port from 0 to 65535, not 70000$/,
  );
});

test('a file full of anchors that refer to each other is refused, not expanded', () => {
  const levels = Array.from(
    { length: 12 },
    (_, i) => `l${i}: &l${i} [${Array(9).fill(i === 0 ? 'x' : `*l${i - 1}`)}]`,
  );
  const problems = refused(loadText(levels.join('\n')));
  expect(problems.length).toBeGreaterThan(0);
});

test('whatever is in the file, loading it ends in a configuration or in problems, without a secret', () => {
  const whole = `server: { port: 8080, max_body: 1MB }\nproviders:\n  openai: { api_key: "${SECRET}" }\n  ${VLLM}\nmodels:\n  own:\n    price: { input: 1, output: 2, steps: [ { above: 10, input: 1, output: 2 } ] }\n    ${DEPLOYED}\n`;
  const junk = [
    'null',
    '[]',
    '{}',
    '""',
    '-1',
    '!!binary x',
    '&a',
    '*a',
    '"${A}"',
    '{ a: [ { b: } ] }',
    '? x',
    '\u0000',
  ];
  for (let at = 0; at < whole.length; at += 3) {
    for (const text of [
      whole.slice(0, at),
      `${whole.slice(0, at)}${junk[at % junk.length]}${whole.slice(at + 3)}`,
    ]) {
      const loaded = loadText(text);
      if ('problems' in loaded) expect(JSON.stringify(loaded.problems)).not.toContain(SECRET);
      else expect(loaded.config.providers.has('sandbox')).toBe(true);
    }
  }
});

test('a file in UTF-16 is told as such', () => {
  const text = '\ufeffserver: { port: 1 }';
  const cwd = emptyDirectory();
  writeFileSync(join(cwd, 'osiris.yaml'), text, 'utf16le');
  expect(refused(loadConfig({ env: {}, cwd }))).toMatchObject([
    { line: 0, message: 'is written in UTF-16; save it as UTF-8' },
  ]);
});
