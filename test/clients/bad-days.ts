// The bad days of a provider, and of a purse: what happens, and what the agent must be told of it.

import { type Turn, WIRE_FORMATS, type WireFormat } from '../support/script.ts';

export type BadDay = {
  name: string;
  /** What every request is answered with. */
  turn: Turn;
  /** Words that must be in what the agent shows at the end. */
  says: RegExp;
  /** The provider's formats over which the answer comes after all. */
  endsWell?: readonly WireFormat[];
  /** Answers break off, so that the agent has seen a part of one. */
  isUnfinished?: true;
  /** Only streams are bad: an agent that then asks for the answer in one piece gets it. */
  mayRecover?: true;
  /** Members of `server` in the configuration file. */
  server?: Record<string, string>;
  /** USD on the key; enough where absent. */
  credit?: number;
  /** The provider is never asked. */
  isRefused?: true;
};

export const SAID = 'The Aare flows past Bern, under eighteen bridges, and joins the Rhine at Koblenz.';
const WHOLE: Turn = { text: SAID, usage: { input: 1_200, cached: 200, output: 30, reasoning: 0 } };

/** So short that a silent provider is given up while somebody waits for the table. */
const SHORT_TIMEOUTS = {
  first_byte_timeout: '3s',
  stream_idle_timeout: '3s',
  request_timeout: '6s',
};
/** Longer than Bun, most proxies and the gateway's own patience are silent for. */
const SLOW_MS = 14_000;
/** Frames of text have come by then, in every format. */
const SOME_FRAMES = 5;

const failure = (status: number, type: string, message: string, headers?: Record<string, string>): Turn => ({
  error: { status, type, message, ...(headers ? { headers } : {}) },
});
const PAGE = '<html><head><title>502</title></head><body><h1>502 Bad Gateway</h1>nginx</body></html>';

export const BAD_DAYS: readonly BadDay[] = [
  {
    name: 'truncation',
    turn: { ...WHOLE, halfway: 'end' },
    says: /ended before|not an answer/,
    isUnfinished: true,
  },
  {
    name: 'no-finish',
    turn: { ...WHOLE, unfinished: 'silently' },
    says: /ended before/,
    mayRecover: true,
    isUnfinished: true,
  },
  {
    name: 'no-reason',
    turn: { ...WHOLE, unfinished: 'politely' },
    says: /ended before/,
    mayRecover: true,
    isUnfinished: true,
    // the other two have no farewell beside it
    endsWell: ['openai-chat', 'anthropic-messages'],
  },
  { name: 'mid-stream-error', turn: { ...WHOLE, halfway: 'error' }, says: /overloaded|broke off/i },
  {
    name: '429-retry-after',
    turn: failure(429, 'rate_limit_error', 'Slow down', { 'retry-after': '2' }),
    says: /rate limit/i,
  },
  { name: '429', turn: failure(429, 'rate_limit_error', 'Slow down'), says: /rate limit/i },
  { name: '529', turn: failure(529, 'overloaded_error', 'Overloaded'), says: /overloaded/i },
  { name: 'html-502', turn: { page: { status: 502, html: PAGE } }, says: /failed to answer/ },
  {
    name: 'silence',
    turn: { ...WHOLE, silentAfterFrames: SOME_FRAMES },
    says: /sent nothing|did not answer/,
    server: SHORT_TIMEOUTS,
  },
  {
    name: 'no-first-byte',
    turn: { ...WHOLE, delayMs: 600_000 },
    says: /did not answer/,
    server: SHORT_TIMEOUTS,
  },
  { name: 'slow-first-byte', turn: { ...WHOLE, delayMs: SLOW_MS }, says: /Aare/, endsWell: WIRE_FORMATS },
  {
    name: 'malformed',
    turn: { ...WHOLE, halfway: 'garbage' },
    says: /unreadable|broken|not an answer|ended before/,
  },
  { name: 'empty-balance', turn: WHOLE, says: /balance/i, credit: 0, isRefused: true },
];
