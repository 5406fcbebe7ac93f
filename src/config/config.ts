// The one frozen configuration everything else reads: units resolved, defaults filled in, names checked.

import type { Model } from '../catalog/model.ts';
import type { Provider, ProviderDeclaration } from '../providers/provider.ts';

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
  drainTimeoutMs: number;
};

/** What the request journal keeps: calls younger than `retentionMs`, as many as fit into `maxBytes`. */
export type LogsConfig = { retentionMs: number; maxBytes: number };

export type LimitsConfig = { requestsPerMinute: number; concurrent: number };

export type Config = {
  /** The file it came from; undefined when running on defaults. */
  file: string | undefined;
  server: ServerConfig;
  dataDir: string;
  database: 'sqlite';
  limits: LimitsConfig;
  logs: LogsConfig;
  /** By id; only providers that can be called: a credential is set or none is needed. */
  providers: ReadonlyMap<string, Provider>;
  /** By id; the built-in catalogue with the file's changes on top. Deployments may name absent providers. */
  models: ReadonlyMap<string, Model>;
  /** Built-in providers without a credential, by id; messages say from here how to set them up. */
  absentProviders?: ReadonlyMap<string, ProviderDeclaration>;
};

/** One thing wrong with the configuration: where (1-based), what, and what to write instead. */
export type Problem = { file: string; line: number; column: number; path: string; message: string };
