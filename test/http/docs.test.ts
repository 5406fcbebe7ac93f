// The documentation page and the OpenAPI document, as a browser and a code generator see them.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Elysia, t } from 'elysia';
import { docs } from '../../src/http/docs.ts';
import { describeRoute, HIDDEN_DETAIL, routeDetail } from '../../src/http/openapi.ts';
import { findChromium, openPage } from '../support/browser.ts';
import { walkDocs } from '../support/docs-walk.ts';
import { documentFlaws, type OpenApi } from '../support/openapi-rules.ts';

const SECRET = `sk-osiris-${'0123456789abcdef'.repeat(2)}`;
const pictures = join(tmpdir(), 'osiris-pictures');
const seenKeys: (string | null)[] = [];

function demoServer() {
  const echo = ({ request }: { request: Request }) => {
    seenKeys.push(request.headers.get('authorization'));
    return { id: 'chatcmpl-demo', object: 'chat.completion', choices: [] };
  };
  return new Elysia()
    .use(docs({ version: '1.2.3' }))
    .post('/v1/chat/completions', echo, { parse: 'none', detail: routeDetail('chat') })
    .post('/v1/v1/chat/completions', echo, { parse: 'none', detail: HIDDEN_DETAIL })
    .post('/chat/completions', echo, { parse: 'none', detail: HIDDEN_DETAIL })
    .post('/v1/messages', echo, { parse: 'none', detail: routeDetail('messages') })
    .post('/v1/responses', echo, { parse: 'none', detail: routeDetail('responses') })
    .post('/v1/messages/count_tokens', echo, { parse: 'none', detail: routeDetail('count-messages') })
    .post('/v1/responses/input_tokens', echo, { parse: 'none', detail: routeDetail('count-responses') })
    .get('/v1/models', () => [], { detail: routeDetail('models') })
    .get('/v1/models/*', () => ({}), { detail: routeDetail('model') })
    .get('/v1/key', () => ({}), { detail: routeDetail('key') })
    .get('/health/live', () => 'ok', { detail: routeDetail('live') })
    .get('/health/ready', () => 'ok', { detail: routeDetail('ready') })
    .get('/metrics', () => '', { detail: routeDetail('metrics') })
    .head('/', () => '', {})
    .post('/admin/keys', () => ({}), {
      body: t.Object({ name: t.String() }),
      detail: describeRoute({ tag: 'Admin', id: 'createKey', summary: 'Create a key' }),
    })
    .listen({ port: 0, hostname: '127.0.0.1' });
}

let app: ReturnType<typeof demoServer>;
let origin = '';
beforeAll(() => {
  app = demoServer();
  origin = `http://127.0.0.1:${app.server?.port}`;
});
afterAll(() => app.stop(true));

async function readDocument(): Promise<OpenApi> {
  return (await fetch(`${origin}/openapi.json`)).json() as Promise<OpenApi>;
}

describe('the document', () => {
  test('is sound: references resolve, operations are named once and described', async () => {
    expect(documentFlaws(await readDocument())).toEqual([]);
  });

  test('flaws are seen: a dangling reference, a nameless operation, a parameter the path lacks', () => {
    const broken: OpenApi = {
      openapi: '3.1.0',
      info: { title: 'x', version: '1' },
      paths: {
        '/a/{id}': {
          get: {
            responses: { 200: { description: 'ok', content: { x: { schema: { $ref: '#/nowhere' } } } } },
          },
        },
      },
      components: {},
    };
    const flaws = documentFlaws(broken).join('\n');
    expect(flaws).toContain('#/nowhere');
    expect(flaws).toContain('operationId');
    expect(flaws).toContain('summary');
    expect(flaws).toContain('{id}');
  });

  test('names the product, its version and this server', async () => {
    const document = await readDocument();
    expect(document.info).toMatchObject({ title: 'Osiris', version: '1.2.3' });
    expect(document.servers).toEqual([{ url: '/', description: 'This server' }]);
    expect(document.tags?.map((tag) => tag.name)).toEqual(['Inference', 'Models', 'Key', 'Admin', 'Health']);
    expect(document.tags?.every((tag) => tag.description.length > 10)).toBe(true);
  });

  test('lists each route once: no aliases, no assets, no page of another library', async () => {
    const paths = Object.keys((await readDocument()).paths);
    expect(paths.sort()).toEqual([
      '/admin/keys',
      '/health/live',
      '/health/ready',
      '/metrics',
      '/v1/chat/completions',
      '/v1/key',
      '/v1/messages',
      '/v1/messages/count_tokens',
      '/v1/models',
      '/v1/models/{id}',
      '/v1/responses',
      '/v1/responses/input_tokens',
    ]);
    expect((await fetch(`${origin}/swagger`)).status).toBe(404);
    expect((await fetch(`${origin}/page`)).status).toBe(404);
  });

  test('takes JSON bodies only, also where a route declares its body to Elysia', async () => {
    for (const methods of Object.values((await readDocument()).paths)) {
      for (const operation of Object.values(methods)) {
        if (operation.requestBody === undefined) continue;
        expect(Object.keys(operation.requestBody.content)).toEqual(['application/json']);
      }
    }
  });

  test('asks for a key under /v1, for the admin secret under /admin, for nothing on health', async () => {
    const { paths, components } = await readDocument();
    expect(paths['/v1/messages']?.post?.security).toEqual([{ bearer: [] }, { 'x-api-key': [] }]);
    expect(paths['/admin/keys']?.post?.security).toEqual([{ admin: [] }]);
    expect(paths['/health/live']?.get?.security).toEqual([]);
    expect(components.securitySchemes).toMatchObject({
      bearer: { type: 'http', scheme: 'bearer' },
      'x-api-key': { type: 'apiKey', in: 'header', name: 'x-api-key' },
      admin: { type: 'http', scheme: 'bearer' },
    });
  });

  test.each([
    ['/v1/chat/completions', 'ChatCompletionRequest'],
    ['/v1/messages', 'MessageRequest'],
    ['/v1/responses', 'ResponseRequest'],
  ])(
    '%s shows a body that is open, an example for sandbox/echo, and both kinds of answer',
    async (path, name) => {
      const { paths, components } = await readDocument();
      const operation = paths[path]?.post;
      const body = operation?.requestBody?.content['application/json'];
      expect(body?.schema).toEqual({ $ref: `#/components/schemas/${name}` });
      expect(body?.example).toMatchObject({ model: 'sandbox/echo' });
      expect(components.schemas?.[name]).toMatchObject({ type: 'object', additionalProperties: true });
      expect(Object.keys(operation?.responses['200']?.content ?? {})).toEqual([
        'application/json',
        'text/event-stream',
      ]);
      expect(Object.keys(operation?.responses ?? {})).toEqual(
        expect.arrayContaining(['400', '401', '402', '429']),
      );
    },
  );
});

describe('the files', () => {
  test('come with a policy that lets no foreign and no inline script run', async () => {
    const response = await fetch(`${origin}/docs`);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    const html = await response.text();
    expect(html).not.toMatch(/<script(?![^>]* src="\/docs\/)/);
    expect(html).not.toMatch(/https?:\/\//);
  });

  test('are cached by their content and confirmed by their tag', async () => {
    const page = await (await fetch(`${origin}/docs`)).text();
    const address = /src="([^"]*swagger-ui-bundle[^"]*)"/.exec(page)?.[1] ?? '';
    const first = await fetch(origin + address);
    expect(first.headers.get('cache-control')).toContain('immutable');
    expect((await first.text()).length).toBeGreaterThan(1_000_000);
    const etag = first.headers.get('etag') ?? '';
    const again = await fetch(origin + address, { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
    const plain = await fetch(origin + address, { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect((await plain.text()).length).toBeGreaterThan(1_000_000);
  });

  test('are a closed list', async () => {
    expect((await fetch(`${origin}/docs/package.json`)).status).toBe(404);
    expect((await fetch(`${origin}/docs/..%2f..%2fpackage.json`)).status).toBe(404);
    expect((await fetch(`${origin}/docs/__proto__`)).status).toBe(404);
  });
});

const found = await findChromium();

describe.skipIf(found === undefined)('the page in a browser', () => {
  test('renders, takes a key, executes an example, and asks no other server for anything', async () => {
    if (found === undefined) return;
    mkdirSync(pictures, { recursive: true });
    const { page, close } = await openPage(found);
    try {
      const picture = (name: string) => page.screenshot({ path: join(pictures, `docs-${name}.png`) });
      const walk = await walkDocs(page, origin, SECRET, picture);
      expect(walk.status).toContain('200');
      expect(walk.answer).toContain('chatcmpl-demo');
      expect(seenKeys.at(-1)).toBe(`Bearer ${SECRET}`);
      expect(walk.elsewhere).toEqual([]);
      expect(walk.complaints).toEqual([]);
      expect(walk.stored).not.toContain(SECRET);
      expect(walk.darkened).toBe(true);
    } finally {
      await close();
    }
  }, 60_000);
});
