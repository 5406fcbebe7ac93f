// The table of bad inputs: what is sent, and what the answer must say of it.

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

const text = CANARY;
const user = { role: 'user', content: text };
const chat = (members: object) => ({ model: 'sandbox/echo', messages: [user], ...members });
const messages = (members: object) => ({
  model: 'sandbox/echo',
  max_tokens: 10,
  messages: [user],
  ...members,
});
const responses = (members: object) => ({ model: 'sandbox/echo', input: text, ...members });
const invalid = 'invalid_request_error';
const deep = `{"model":"sandbox/echo","messages":[{"role":"user","content":${'['.repeat(60_000)}"${text}"${']'.repeat(60_000)}}]}`;

const notJson: BadInput[] = (
  [
    ['an empty body', '', ['empty']],
    ['plain text', text, ['not valid JSON']],
    ['single quotes', `{'model':'${text}'}`, ['double quotes']],
    ['a trailing comma', `{"model":"${text}",}`, ['trailing comma']],
    ['a cut body', `{"model":"${text}","messages":[`, ['ends too early']],
    ['a comment', `{/* ${text} */"model":"x"}`, ['not valid JSON']],
    ['a form', `model=${text}&messages=hi`, ['form']],
    ['an array', JSON.stringify([text]), ['JSON object', 'array']],
    ['a string', JSON.stringify(text), ['JSON object', 'string']],
    ['null', 'null', ['JSON object', 'null']],
    ['a number', '42', ['JSON object', 'number']],
  ] as const
).flatMap(([name, body, says]) =>
  (['chat', 'messages'] as const).map(
    (route): BadInput => ({ name, route, body, status: 400, type: invalid, param: null, says: [...says] }),
  ),
);

const wrongTypes: BadInput[] = [
  { name: 'no model', route: 'chat', body: { messages: [user] }, param: 'model', says: ['model', 'missing'] },
  {
    name: 'no model',
    route: 'messages',
    body: { max_tokens: 5, messages: [user] },
    param: 'model',
    says: ['model', 'missing'],
  },
  { name: 'no model', route: 'responses', body: { input: text }, param: 'model', says: ['model', 'missing'] },
  {
    name: 'an empty model',
    route: 'chat',
    body: chat({ model: '' }),
    param: 'model',
    says: ['model', 'not empty'],
  },
  {
    name: 'a numeric model',
    route: 'chat',
    body: chat({ model: 7 }),
    param: 'model',
    says: ['model', 'text'],
  },
  {
    name: 'an object as model',
    route: 'messages',
    body: messages({ model: { id: text } }),
    param: 'model',
    says: ['model', 'text'],
  },
  {
    name: 'no messages',
    route: 'chat',
    body: { model: 'sandbox/echo' },
    param: 'messages',
    says: ['messages', 'missing'],
  },
  {
    name: 'messages as text',
    route: 'chat',
    body: chat({ messages: text }),
    param: 'messages',
    says: ['messages', 'array'],
  },
  {
    name: 'empty messages',
    route: 'chat',
    body: chat({ messages: [] }),
    param: 'messages',
    says: ['messages', 'not empty'],
  },
  {
    name: 'a message that is text',
    route: 'chat',
    body: chat({ messages: [text] }),
    param: 'messages[0]',
    says: ['messages[0]', 'object'],
  },
  {
    name: 'a message without role',
    route: 'chat',
    body: chat({ messages: [{ content: text }] }),
    param: 'messages[0].role',
    says: ['messages[0].role', 'missing'],
  },
  {
    name: 'an unknown role',
    route: 'chat',
    body: chat({ messages: [{ role: text, content: text }] }),
    param: 'messages[0].role',
    says: ['messages[0].role', '"user"'],
  },
  {
    name: 'numeric content',
    route: 'chat',
    body: chat({ messages: [user, { role: 'user', content: 5 }] }),
    param: 'messages[1].content',
    says: ['messages[1].content'],
  },
  {
    name: 'stream as text',
    route: 'chat',
    body: chat({ stream: text }),
    param: 'stream',
    says: ['stream', 'true or false'],
  },
  {
    name: 'stream as number',
    route: 'messages',
    body: messages({ stream: 1 }),
    param: 'stream',
    says: ['stream', 'true or false'],
  },
  {
    name: 'stream as text',
    route: 'responses',
    body: responses({ stream: text }),
    param: 'stream',
    says: ['stream', 'true or false'],
  },
  {
    name: 'temperature as text',
    route: 'chat',
    body: chat({ temperature: text }),
    param: 'temperature',
    says: ['temperature', 'number'],
  },
  {
    name: 'tools as object',
    route: 'chat',
    body: chat({ tools: { name: text } }),
    param: 'tools',
    says: ['tools', 'array'],
  },
  {
    name: 'a tool that is text',
    route: 'chat',
    body: chat({ tools: [text] }),
    param: 'tools[0]',
    says: ['tools[0]', 'object'],
  },
  {
    name: 'a fractional cap',
    route: 'chat',
    body: chat({ max_completion_tokens: 1.5 }),
    param: 'max_completion_tokens',
    says: ['whole number'],
  },
  {
    name: 'a cap as text',
    route: 'messages',
    body: messages({ max_tokens: text }),
    param: 'max_tokens',
    says: ['max_tokens', 'whole number'],
  },
  {
    name: 'no cap',
    route: 'messages',
    body: { model: 'sandbox/echo', messages: [user] },
    param: 'max_tokens',
    says: ['max_tokens', 'missing', '/v1/chat/completions'],
  },
  {
    name: 'system as number',
    route: 'messages',
    body: messages({ system: 5 }),
    param: 'system',
    says: ['system'],
  },
  {
    name: 'thinking as text',
    route: 'messages',
    body: messages({ thinking: text }),
    param: 'thinking',
    says: ['thinking', 'object'],
  },
  {
    name: 'a tool name as number',
    route: 'messages',
    body: messages({ tools: [{ name: 5 }] }),
    param: 'tools[0].name',
    says: ['tools[0].name', 'text'],
  },
  {
    name: 'metadata as text',
    route: 'messages',
    body: messages({ metadata: text }),
    param: 'metadata',
    says: ['metadata', 'object'],
  },
  { name: 'no input', route: 'responses', body: { model: 'sandbox/echo' }, param: 'input', says: ['input'] },
  {
    name: 'input as number',
    route: 'responses',
    body: responses({ input: 5 }),
    param: 'input',
    says: ['input'],
  },
  {
    name: 'instructions as object',
    route: 'responses',
    body: responses({ instructions: { a: text } }),
    param: 'instructions',
    says: ['instructions', 'text'],
  },
  {
    name: 'reasoning as text',
    route: 'responses',
    body: responses({ reasoning: text }),
    param: 'reasoning',
    says: ['reasoning', 'object'],
  },
  {
    name: 'a cap as text',
    route: 'responses',
    body: responses({ max_output_tokens: text }),
    param: 'max_output_tokens',
    says: ['max_output_tokens', 'whole number'],
  },
  {
    name: 'include as text',
    route: 'responses',
    body: responses({ include: text }),
    param: 'include',
    says: ['include', 'array'],
  },
].map((row) => ({ ...row, route: row.route as Route, status: 400, type: invalid }));

const wrongRoute: BadInput[] = [
  {
    name: 'a Responses body',
    route: 'chat',
    body: responses({}),
    status: 400,
    type: invalid,
    param: 'messages',
    says: ['/v1/responses'],
  },
  {
    name: 'a Responses body',
    route: 'messages',
    body: responses({}),
    status: 400,
    type: invalid,
    says: ['/v1/responses'],
  },
  {
    name: 'a Chat body',
    route: 'responses',
    body: chat({}),
    status: 400,
    type: invalid,
    param: 'input',
    says: ['/v1/chat/completions'],
  },
  {
    name: 'a Messages body',
    route: 'responses',
    body: messages({ system: text }),
    status: 400,
    type: invalid,
    says: ['/v1/messages'],
  },
  {
    name: 'a Gemini body',
    route: 'chat',
    body: { model: 'sandbox/echo', contents: [{ parts: [{ text }] }] },
    status: 400,
    type: invalid,
    says: ['Gemini'],
  },
  {
    name: 'a legacy completions body',
    route: 'chat',
    body: { model: 'sandbox/echo', prompt: text },
    status: 400,
    type: invalid,
    says: ['messages: ['],
  },
];

const models: BadInput[] = [
  {
    name: 'an unknown model',
    route: 'chat',
    body: chat({ model: 'sandbox/ecko' }),
    status: 400,
    type: invalid,
    param: 'model',
    says: ['sandbox/echo'],
  },
  {
    name: 'an unknown model',
    route: 'messages',
    body: messages({ model: 'claude-unheard-of' }),
    status: 400,
    type: invalid,
    param: 'model',
    says: ['no model'],
  },
  {
    name: 'a model whose provider is not set up',
    route: 'chat',
    body: chat({ model: 'gpt-4o' }),
    status: 503,
    type: 'server_error',
    param: 'model',
    says: ['OPENAI_API_KEY'],
  },
  {
    name: 'a provider that is not set up',
    route: 'chat',
    body: chat({ model: 'anthropic/claude-opus-4-6' }),
    status: 503,
    type: 'server_error',
    says: ['ANTHROPIC_API_KEY'],
  },
];

const noKey = ['authorization'];
const keys: BadInput[] = [
  {
    name: 'no key',
    route: 'chat',
    body: chat({}),
    without: noKey,
    status: 401,
    type: invalid,
    says: ['sk-osiris-'],
  },
  {
    name: 'no key',
    route: 'messages',
    body: messages({}),
    without: noKey,
    status: 401,
    type: 'authentication_error',
    says: ['sk-osiris-'],
  },
  {
    name: "somebody else's key",
    route: 'chat',
    body: chat({}),
    headers: { authorization: `Bearer sk-proj-${text}` },
    status: 401,
    type: invalid,
    says: ['not an Osiris key'],
  },
  {
    name: 'a key that was never made',
    route: 'chat',
    body: chat({}),
    headers: { authorization: `Bearer sk-osiris-${'0'.repeat(32)}` },
    status: 401,
    type: invalid,
    says: ['No such API key'],
  },
  {
    name: 'an unknown scheme',
    route: 'chat',
    body: chat({}),
    headers: { authorization: `Basic ${text}` },
    status: 401,
    type: invalid,
    says: ['key'],
  },
  {
    name: 'the admin secret',
    route: 'chat',
    body: chat({}),
    headers: { authorization: `Bearer osiris-admin-${'a'.repeat(32)}` },
    status: 401,
    type: invalid,
    says: ['admin secret'],
  },
  {
    name: 'an empty key',
    route: 'messages',
    body: messages({}),
    without: noKey,
    headers: { 'x-api-key': '' },
    status: 401,
    type: 'authentication_error',
    says: ['key'],
  },
  {
    name: 'a bad key before a bad body',
    route: 'chat',
    body: text,
    headers: { authorization: `Bearer ${text}` },
    status: 401,
    type: invalid,
    says: ['key'],
  },
];

const bodies: BadInput[] = [
  {
    name: 'a body over the limit',
    route: 'chat',
    body: chat({ pad: text.repeat(120_000) }),
    status: 413,
    type: invalid,
    says: ['1 MB', 'max_body'],
  },
  {
    name: 'a body over the limit',
    route: 'messages',
    body: messages({ pad: text.repeat(120_000) }),
    status: 413,
    type: invalid,
    says: ['1 MB'],
  },
  {
    name: 'a wrong content-encoding',
    route: 'chat',
    body: chat({}),
    headers: { 'content-encoding': 'gzip' },
    status: 400,
    type: invalid,
    says: ['content-encoding'],
  },
  {
    name: 'an unknown content-encoding',
    route: 'chat',
    body: chat({}),
    headers: { 'content-encoding': 'lzma' },
    status: 400,
    type: invalid,
    says: ['gzip'],
  },
  { name: 'a body nested 60,000 deep', route: 'chat', body: deep, status: 400, type: invalid, says: [] },
  {
    name: 'bytes that are not UTF-8',
    route: 'chat',
    body: new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
    status: 400,
    type: invalid,
    says: ['UTF-8'],
  },
];

const addresses: BadInput[] = [
  {
    name: 'an unknown address',
    route: 'chat',
    path: `/v1/${text}`,
    body: chat({}),
    status: 404,
    type: invalid,
    says: ['/docs'],
  },
  {
    name: 'a route of a later version',
    route: 'chat',
    path: '/v1/embeddings',
    body: { input: text },
    status: 404,
    type: invalid,
    says: ['not part of this version'],
  },
  {
    name: 'GET on an inference route',
    route: 'chat',
    method: 'GET',
    status: 405,
    type: invalid,
    says: ['POST'],
  },
  {
    name: 'PUT on an inference route',
    route: 'messages',
    method: 'PUT',
    body: messages({}),
    status: 405,
    type: invalid,
    says: ['POST'],
  },
  {
    name: 'GET without upgrade',
    route: 'responses',
    method: 'GET',
    status: 405,
    type: invalid,
    says: ['POST'],
  },
  {
    name: 'a WebSocket upgrade',
    route: 'responses',
    method: 'GET',
    headers: { upgrade: 'websocket', connection: 'Upgrade' },
    status: 426,
    type: invalid,
    says: ['WebSocket'],
  },
  {
    name: 'a client key on an admin route',
    route: 'chat',
    path: '/admin/keys',
    body: { name: text },
    status: 401,
    type: invalid,
    says: ['admin secret'],
  },
];

export const BAD_INPUTS: BadInput[] = [
  ...notJson,
  ...wrongTypes,
  ...wrongRoute,
  ...models,
  ...keys,
  ...bodies,
  ...addresses,
];
