// What the admin routes answer, as far as the page shows it.

export type AdminKey = {
  id: string;
  name: string;
  prefix: string;
  kind: 'credit' | 'time' | 'trial';
  account: string;
  status: 'active' | 'expired' | 'revoked';
  balance_usd: number | null;
  held_usd: number | null;
  spent_usd: number;
  quota: { amount_usd: number; used_usd: number } | null;
  budget: { amount_usd: number; period: string; spent_usd: number } | null;
  models: string[] | null;
  strict: boolean;
  auto_cache: 'on' | 'off';
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
};

export type KeyList = { data: AdminKey[]; has_more: boolean; last_id: string | null };

export type UsageAnswer = {
  from: string;
  to: string;
  data: {
    day: string;
    model?: string | null;
    key?: string | null;
    key_name?: string | null;
    calls: number;
    failed: number;
    cost_usd: number;
  }[];
};

/** A call as `/admin/logs` shows it. */
export type LogEntry = {
  id: string;
  request_id: string;
  at: string;
  key: string | null;
  key_name: string | null;
  client: string | null;
  client_version: string | null;
  path: string;
  model_asked: string | null;
  model: string | null;
  provider: string | null;
  stream: boolean;
  status: number;
  code: string | null;
  message: string | null;
  upstream_status: number | null;
  attempts: number;
  failed_attempts: string | null;
  losses: string | null;
  input_tokens: number | null;
  output_tokens: number | null;
  cached_tokens: number | null;
  cost_usd: number | null;
  rule: string | null;
  duration_ms: number;
  first_byte_ms: number | null;
};

export type LogList = { data: LogEntry[] };

type ClientCalls = { calls: number; failed: number; left: number; first_at: string; last_at: string };

export type ClientEntry = ClientCalls & {
  client: string | null;
  versions: (ClientCalls & { version: string | null })[];
  errors: {
    status: number;
    code: string;
    calls: number;
    last_at: string;
    last_id: string;
    message: string | null;
  }[];
};

export type AlertView = {
  event: string;
  state: 'raised' | 'reminder' | 'cleared' | 'test';
  message: string;
  at: string;
  since: string;
};

export type AdminHealth = {
  paused: boolean;
  pauses: {
    scope: 'server' | 'provider' | 'model';
    name: string | null;
    reason: string | null;
    since: string;
  }[];
  daily_cap: {
    cap_usd: number;
    spent_usd: number;
    held_usd: number;
    reached: boolean;
    resets_at: string;
  } | null;
  alerts: {
    open: AlertView[];
    recent: AlertView[];
    webhooks: {
      receiver: string;
      sent: number;
      waiting: number;
      dropped: number;
      trouble: string | null;
    }[];
  };
};

export type TestAnswer = {
  data: { receiver: string; ok: boolean; status: number | null; answer: string }[];
};

export type ClientList = { data: ClientEntry[] };

export type Readiness = { status: string; checks: Record<string, string> };
