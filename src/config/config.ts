// The one frozen configuration everything else reads: units resolved, defaults filled in, names checked.

import type { Model } from '../catalog/model.ts';
import type { Provider, ProviderDeclaration } from '../providers/provider.ts';
import type { FallbackReason, Strategy } from '../routing/order.ts';
import type { AlertEvent, AlertFormat } from './alerts-schema.ts';

export type ServerConfig = {
  host: string;
  port: number;
  publicUrl: string | undefined;
  /** Paths of PEM files. */
  tls: { cert: string; key: string } | undefined;
  /** Addresses or CIDR ranges whose X-Forwarded-For counts. */
  trustedProxies: string[];
  /** Addresses or CIDR ranges that may reach `/admin`. */
  adminFrom: string[];
  /** Opens `/metrics`, and nothing else. */
  metricsToken: string | undefined;
  /** Exact origins, or `*`. */
  corsOrigins: string[];
  maxBodyBytes: number;
  maxBodyBytesByRoute: Record<string, number>;
  requestTimeoutMs: number;
  connectTimeoutMs: number;
  firstByteTimeoutMs: number;
  streamIdleTimeoutMs: number;
  clientStallTimeoutMs: number;
  streamTotalTimeoutMs: number;
  /** How long it still listens at SIGTERM when it is no longer ready, and how long calls may take from then on. */
  drainDelayMs: number;
  drainTimeoutMs: number;
  /** Calls under way at once. */
  maxInFlight: number;
  /** Calls that wait for their turn when so many are under way, and for how long. */
  queue: number;
  queueTimeoutMs: number;
};

/** What a key may do at most. `nanoPerMinute` is what it may spend in a minute. */
export type KeyLimitsConfig = {
  requestsPerMinute?: number;
  concurrent?: number;
  tokensPerMinute?: number;
  nanoPerMinute?: bigint;
  maxBodyBytes?: number;
  requestTimeoutMs?: number;
};

/** Of every key that has no limits of its own; without a number there is no such limit. */
export type LimitsConfig = {
  requestsPerMinute: number;
  concurrent: number;
  tokensPerMinute?: number;
  nanoPerMinute?: bigint;
};

export type BillingConfig = {
  /** The least a charged call costs. */
  minimumChargeNano: bigint;
  /** Multiplies the catalogue's prices: 11,500 is a margin of 1.15. Already in the prices of `models`. */
  marginTenThousandths: number;
  hold: 'expected' | 'strict';
  expectedOutputTokens: number;
  /** What all keys together may be charged in a day. */
  dailyCapNano?: bigint;
  /** Where days, weeks and months begin: an IANA name. */
  timezone: string;
};

/** What can be bought: with `creditNano` a balance, with `days` a time of use up to `quotaNano`. */
export type Plan = {
  name: string;
  priceNano: bigint;
  creditNano?: bigint;
  days?: number;
  quotaNano?: bigint;
  limits: KeyLimitsConfig;
  /** Model names, patterns with a trailing `*` allowed; undefined means all. */
  models?: string[];
};

/** `emailDomains` are in lower case. */
export type TrialConfig = {
  days: number;
  requestsPerMinute: number;
  creditNano: bigint;
  emailDomains: string[];
};

/** Where a call goes, and where next when that fails. */
export type RoutingConfig = {
  strategy: Strategy;
  /** Further attempts at one deployment. */
  retries: number;
  /** How long a deployment that keeps failing is left alone. */
  cooldownMs: number;
  /** How long a deployment may say nothing while another one could be asked. */
  attemptTimeoutMs?: number;
  /** Ids of the models that stand in, by the id of the model they stand in for. */
  fallbacks: ReadonlyMap<string, readonly string[]>;
  /** What makes them stand in, beside failures. */
  fallbackOn: readonly FallbackReason[];
};

/** What the request journal keeps: calls younger than `retentionMs`, as many as fit into `maxBytes`. */
export type LogsConfig = { retentionMs: number; maxBytes: number };

/** Whose requests an answer is kept for: those of the key it was given to, of its account, or everybody's. */
export type CacheScope = 'key' | 'account' | 'server';

/** Answers given again to the same request. `ttlMs` 0: there is no cache. */
export type CacheConfig = {
  ttlMs: number;
  maxBytes: number;
  /** What such an answer costs of what the call would have cost: 10,000 is all of it. */
  priceTenThousandths: number;
  scope: CacheScope;
  /** For keys that say nothing of it themselves. */
  isDefault: boolean;
};

/** Where alerts are posted to. `url` is kept like a secret; `host` is what may be shown of it. */
export type WebhookConfig = {
  url: string;
  host: string;
  format: AlertFormat;
  events: readonly AlertEvent[];
  /** Signs every alert; behind `whsec_` it is base64. */
  secret?: string;
  headers: Record<string, string>;
};

export type AlertsConfig = {
  webhooks: readonly WebhookConfig[];
  /** After so long trouble that goes on is told again; 0 never does. */
  remindMs: number;
  /** Charges that wait longer to be on disk are trouble. */
  ledgerLagMs: number;
};

export type Config = {
  /** The file it came from; undefined when running on defaults. */
  file: string | undefined;
  server: ServerConfig;
  dataDir: string;
  database: 'sqlite';
  routing: RoutingConfig;
  limits: LimitsConfig;
  billing: BillingConfig;
  /** By name, in the order of the file. */
  plans: ReadonlyMap<string, Plan>;
  trial: TrialConfig;
  logs: LogsConfig;
  cache: CacheConfig;
  alerts: AlertsConfig;
  /** By id; only providers that can be called: a credential is set or none is needed. */
  providers: ReadonlyMap<string, Provider>;
  /** By id; the built-in catalogue with the file's changes on top. Deployments may name absent providers. */
  models: ReadonlyMap<string, Model>;
  /** Built-in providers without a credential, by id; messages say from here how to set them up. */
  absentProviders?: ReadonlyMap<string, ProviderDeclaration>;
};

/** One thing wrong with the configuration: where (1-based), what, and what to write instead. */
export type Problem = { file: string; line: number; column: number; path: string; message: string };
