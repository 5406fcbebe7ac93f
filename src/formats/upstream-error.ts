// Turns a failed upstream answer into the fault a client may see.

import { Fault, type FaultCode } from '../canonical/fault.ts';
import type { HeaderValues } from '../lib/header-values.ts';
import type { JsonObject } from '../lib/json.ts';
import { rateResetSeconds } from './rate-reset.ts';

const MESSAGE_CHARS_MAX = 2000;
/** Nobody waits longer than a day; larger figures are mistakes. */
const WAIT_S_MAX = 86_400;
const HIDDEN = '[redacted]';

/** Whatever could identify our account at the provider or let someone use it. Order matters: wide before narrow. */
const SECRETS: [RegExp, string][] = [
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@"'<>]*@/gi, `$1${HIDDEN}@`],
  [/\b(https?:\/\/[^\s?#"'<>]*)[?#][^\s"'<>)]*/gi, `$1?${HIDDEN}`],
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${HIDDEN}`],
  [/\b(?:sk|pk|rk|gsk|xai|key|api|fw|hf|r8|csk|nvapi|pplx)[-_][\w*.-]{6,}/gi, HIDDEN],
  [/\bAIza[\w*-]{8,}/g, HIDDEN],
  [/\beyJ[\w-]{8,}\.[\w.-]+/g, HIDDEN],
  [/\b(?:org|proj|user|acct|team|account|workspace|organization)[-_][A-Za-z0-9]{6,}/g, HIDDEN],
  [/\b(?:projects?|organizations?|accounts?)\/[\w.-]*\d[\w.-]*/gi, HIDDEN],
  [/(?<![\w.%+-])[\w.%+-]+@[\w-]+(?:\.[\w-]+)+/g, HIDDEN],
];

/** The text without keys, tokens, account ids, e-mail addresses and URL secrets, at most 2,000 characters. */
export function redact(text: string): string {
  let out = text.slice(0, MESSAGE_CHARS_MAX * 2);
  for (const [pattern, replacement] of SECRETS) out = out.replace(pattern, replacement);
  return out.slice(0, MESSAGE_CHARS_MAX);
}

/**
 * Seconds the upstream asks to wait, from `retry-after-ms` or `retry-after` (seconds or an HTTP date, RFC 9110
 * 10.2.3). A date is measured from `nowMs`, else from the answer's own `date` header. Undefined when it does not
 * say, or says nonsense.
 */
export function retryAfterSeconds(headers: HeaderValues, nowMs?: number): number | undefined {
  const ms = Number.parseFloat(headers.get('retry-after-ms') ?? '');
  if (Number.isFinite(ms) && ms >= 0) return Math.min(WAIT_S_MAX, Math.ceil(ms / 1000));
  const text = headers.get('retry-after')?.trim();
  if (!text) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(WAIT_S_MAX, Math.ceil(Number(text)));
  const untilMs = Date.parse(text);
  const fromMs = nowMs ?? Date.parse(headers.get('date') ?? '');
  if (!Number.isFinite(untilMs) || !Number.isFinite(fromMs)) return undefined;
  return Math.min(WAIT_S_MAX, Math.max(0, Math.ceil((untilMs - fromMs) / 1000)));
}

/** Some providers tell it in their rate headers only; times there are measured from the answer's own `date`. */
function spentForS(headers: HeaderValues): number | undefined {
  const waitS = rateResetSeconds(headers, Date.parse(headers.get('date') ?? ''));
  return waitS === undefined ? undefined : Math.min(WAIT_S_MAX, waitS);
}

const CONTEXT_WORDS =
  /prompt is too long|maximum context length|context[ _-]?(length|window)[ _-]?(is |was |has been )?exceed|context_length_exceeded|exceeds? (the )?(model'?s? )?(maximum )?(context|number of tokens allowed)|input is too long|input token count/i;
const POLICY_CODES = [
  'content_policy_violation',
  'content_filter',
  'moderation_blocked',
  'misalignment_policy_violation',
  'bio_policy',
];
/** Our bill at the provider, not the client's: no retry helps until an operator pays. */
const BILLING_CODES = [
  'insufficient_quota',
  'billing_hard_limit_reached',
  'billing_not_active',
  'billing_error',
  'access_terminated',
  'contract_spend_limit_reached',
  'enforced_spend_limit_reached',
  'organization_on_hold',
  'exceeded_current_quota_error',
  'Arrearage',
];
const BILLING_WORDS =
  /credit balance is too low|exceeded (your )?current quota|used all available credits|run out of credits|monthly spending limit|account is in good standing|insufficient (balance|credit|fund)|billing to be enabled|billing (is |has been )?(disabled|not enabled)/i;
/** Anthropic and Google have no code for it. */
const REASONING_WORDS =
  /invalid `?signature`? in `?thinking|thinking`? blocks .*cannot be modified|(invalid|corrupted) thought[ _]signature|thought[ _]signature is (not valid|invalid)/i;
/** Providers that have no code for it. */
const POLICY_WORDS = /blocked by (our |the )?content filter|content management policy/i;
/** Google reports a bad key as a 400. */
const BAD_KEY_WORDS = /api key (not valid|expired|not found)|incorrect api key|invalid api key/i;

/** What a code or a type looks like; anything else in their place may repeat the request. */
const NAME = /^[\w.:/-]{1,64}$/;

/**
 * The fault for an upstream's HTTP status (or the status an error inside a 200 stands for). `message`, `code` and
 * `type` are the upstream's own; only the message of a rejected request is passed on, redacted, and `details` where
 * an SDK acts on them.
 */
export function faultFromStatus(
  status: number,
  message: string | undefined,
  headers: HeaderValues,
  options: { code?: string; type?: string; details?: JsonObject } = {},
): Fault {
  const words = [options.code, options.type].filter((word): word is string => word !== undefined);
  const text = message ?? '';
  // the cause is for the log: which status and code it was, never the upstream's words
  const names = words.filter((word) => NAME.test(word)).join(', ');
  const cause = `upstream status ${status}${names === '' ? '' : ` (${redact(names)})`}`;
  const retryAfterS = retryAfterSeconds(headers) ?? (status === 429 ? spentForS(headers) : undefined);
  const fault = (code: FaultCode, publicMessage: string) =>
    new Fault(code, publicMessage, { cause, retryAfterS });

  const isBilling = words.some((word) => BILLING_CODES.includes(word));
  if (status === 402 || ([400, 403, 412, 429].includes(status) && (isBilling || BILLING_WORDS.test(text)))) {
    return fault(
      'upstream_unavailable',
      'The provider refuses to serve this gateway for now; try another model.',
    );
  }
  if (status === 401 || status === 403 || (status === 400 && BAD_KEY_WORDS.test(text))) {
    return fault('upstream_auth', 'The provider did not accept the gateway’s credential; tell the operator.');
  }
  if (status === 404 && words.includes('model_not_found')) {
    return fault(
      'bad_gateway',
      'The provider does not know this deployment’s model name: check `deployments` in the configuration.',
    );
  }
  if (status === 404) {
    return fault(
      'bad_gateway',
      'The provider does not know this deployment’s model name, or its address is wrong: check `deployments` and `base_url` in the configuration.',
    );
  }
  if (status >= 300 && status < 400) {
    return fault(
      'bad_gateway',
      'The provider has moved to another address: the new one belongs into `base_url` in the configuration.',
    );
  }
  if (status === 408 || status === 504) {
    return fault('upstream_timeout', 'The provider took too long to answer; try again.');
  }
  if (status === 413) {
    return fault('request_too_large', 'The provider finds this request too large; send less at once.');
  }
  if (status === 429) {
    return fault('upstream_rate_limited', 'The provider’s rate limit is reached; wait and try again.');
  }
  if (status === 503 || status === 529) {
    return fault('upstream_overloaded', 'The provider is overloaded; wait and try again.');
  }
  if (status === 400 || status === 422) return rejected(text, words, cause, options.details);
  // of all others (405, 409, 498…) the reason lies between the gateway and the provider
  return fault('bad_gateway', 'The provider failed to answer; try again or use another model.');
}

function rejected(text: string, words: string[], cause: string, details: JsonObject | undefined): Fault {
  // agents start compaction on the provider's wording, so it is kept
  const message = redact(text) || 'The provider rejected the request without saying why.';
  if (words.includes('context_length_exceeded') || CONTEXT_WORDS.test(text)) {
    return new Fault('context_length_exceeded', message, { cause });
  }
  if (words.includes('thread_unsupported_request')) {
    return new Fault('thread_unsupported_request', message, { cause, details });
  }
  if (words.some((word) => POLICY_CODES.includes(word)) || POLICY_WORDS.test(text)) {
    return new Fault('content_policy_violation', message, { cause });
  }
  if (words.includes('invalid_encrypted_content') || REASONING_WORDS.test(text)) {
    return new Fault('reasoning_rejected', message, { cause });
  }
  return new Fault('upstream_rejected', message, { cause });
}
