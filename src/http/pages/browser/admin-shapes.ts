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

export type LogList = {
  data: {
    at: string;
    status: number;
    code: string | null;
    message: string | null;
    key: string | null;
    key_name: string | null;
    model: string | null;
    model_asked: string | null;
    provider: string | null;
    client: string | null;
    client_version: string | null;
    request_id: string;
  }[];
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
};

export type Readiness = { status: string; checks: Record<string, string> };
