// The API documentation page: our frame around Swagger UI, with everything loaded from this server.

/** Nothing but this server's own files may be loaded or called; the stylesheet's icons are data: images. */
export const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The HTML. `addressOf` turns an asset's name into the address it is served at. */
export function docsPage(version: string, addressOf: (name: string) => string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Osiris API</title>
<link rel="icon" type="image/png" href="${addressOf('favicon.png')}">
<link rel="stylesheet" href="${addressOf('swagger-ui.css')}">
<link rel="stylesheet" href="${addressOf('docs-page.css')}">
<script src="${addressOf('swagger-ui-bundle.js')}" defer></script>
<script src="${addressOf('docs-start.js')}" defer></script>
</head>
<body>
<header class="bar">
<a class="brand" href="/">Osiris <span>API</span></a>
<span class="version">${version}</span>
<nav>
<a href="/docs/manual">Manual</a>
<a href="/docs/translation">Translation</a>
<a href="/setup">Set up</a>
<a href="/key">Key</a>
<a href="/admin">Admin</a>
<a href="/openapi.json">openapi.json</a>
<button id="theme" type="button">Theme</button>
</nav>
</header>
<main id="swagger-ui"><p class="waiting">Loading the API documentation. It needs JavaScript; the plain document is <a href="/openapi.json">openapi.json</a>.</p></main>
</body>
</html>
`;
}
