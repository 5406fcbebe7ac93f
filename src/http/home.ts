// The page at `/` until there is a dashboard: what this is, and where the documentation stands.

import { Elysia } from 'elysia';

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Osiris</title>
<style>
  :root { color-scheme: light dark; font: 17px/1.6 system-ui, sans-serif }
  body { max-width: 38rem; margin: 18vh auto 0; padding: 0 1.5rem }
  h1 { font-size: 2rem; letter-spacing: -0.02em; margin-bottom: 0.25rem }
  code { font-size: 0.9em; background: color-mix(in srgb, currentColor 10%, transparent); padding: 0.1em 0.35em; border-radius: 4px }
  a { color: light-dark(#0a58ca, #7db3ff) }
</style>
<h1>Osiris</h1>
<p>An AI gateway: OpenAI Chat, OpenAI Responses and Anthropic Messages in, any provider out.</p>
<p>Point a client's base URL at this address with <code>/v1</code> behind it (Claude Code: without), and give it your
<code>sk-osiris-…</code> key. <a href="/docs">The API documentation</a> has every route and lets you try it.</p>
</html>
`;

/** `GET /` for people, `HEAD /` for clients that look whether somebody is there. */
export function home() {
  const headers = { 'content-type': 'text/html; charset=utf-8' };
  return new Elysia({ name: 'home' })
    .get('/', () => new Response(PAGE, { headers }), { detail: { hide: true } })
    .head('/', () => new Response(null, { headers }), { detail: { hide: true } });
}
