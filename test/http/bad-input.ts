// One row of the table of bad inputs: what is sent, and what the answer must say of it.

/** Stands in every value of every request; it may come back nowhere. */
export const CANARY = 'cAnArY7f3a';

export type Route = 'chat' | 'responses' | 'messages';
export const PATHS: Record<Route, string> = {
  chat: '/v1/chat/completions',
  responses: '/v1/responses',
  messages: '/v1/messages',
};

/** A request that is fine but for `body`, `headers`, `method` or `path`; `body` may be text that is no JSON. */
export type BadInput = {
  name: string;
  route: Route;
  method?: string;
  path?: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** Headers of a good request that are left out. */
  without?: string[];
  status: number;
  type: string;
  param?: string | null;
  /** Words the message must hold. */
  says: string[];
};

export const text = CANARY;
export const user = { role: 'user', content: text };
export const chat = (members: object) => ({ model: 'sandbox/echo', messages: [user], ...members });
export const messages = (members: object) => ({
  model: 'sandbox/echo',
  max_tokens: 10,
  messages: [user],
  ...members,
});
export const responses = (members: object) => ({ model: 'sandbox/echo', input: text, ...members });
export const invalid = 'invalid_request_error';
