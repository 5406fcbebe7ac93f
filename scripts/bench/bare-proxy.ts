// The yardstick: one Bun.serve and one fetch, no key, no billing, no look at the bytes.

const upstream = process.argv[2];
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  idleTimeout: 0,
  async fetch(request) {
    const { pathname } = new URL(request.url);
    const response = await fetch(upstream + pathname.replace(/^\/v1/, ''), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: await request.arrayBuffer(),
    });
    return new Response(response.body, {
      headers: { 'content-type': response.headers.get('content-type') ?? 'application/json' },
    });
  },
});
console.log(server.port);
