// What `GET /v1/key` and `GET /v1/key/usage` answer.

export type KeyAnswer = {
  name: string;
  prefix: string;
  kind: 'credit' | 'time' | 'trial';
  status: 'active' | 'expired' | 'revoked';
  balance_usd: number | null;
  held_usd: number | null;
  expires_at: string | null;
  limits: {
    requests_per_minute: number;
    concurrent: number;
    tokens_per_minute?: number;
    usd_per_minute?: number;
  };
  rate: { remaining: number; reset: number; running: number };
  models: string[] | null;
  strict: boolean;
  auto_cache: 'on' | 'off';
  budget: { amount_usd: number; period: string; spent_usd: number; resets_at: string | null } | null;
  quota: { amount_usd: number; used_usd: number } | null;
  usage: { requests: number; cost_usd: number };
};

export type UsageSums = {
  calls: number;
  failed: number;
  input_tokens: number;
  output_tokens: number;
  cached_input_tokens: number;
  cost_usd: number;
};

export type KeyUsageAnswer = {
  from: string;
  to: string;
  data: (UsageSums & { day: string; model: string | null })[];
  total: UsageSums;
  errors: {
    at: string;
    status: number;
    code: string | null;
    message: string | null;
    model: string | null;
    request_id: string;
  }[];
};
