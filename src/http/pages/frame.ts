// The frame every page of ours stands in: head, bar, and the rule that nothing comes from elsewhere.

import { pageFiles } from './files.ts';

/** Only this server's own files may be loaded or called; nothing inline runs. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const LINKS = [
  ['/setup', 'Set up'],
  ['/key', 'Key'],
  ['/docs/manual', 'Manual'],
  ['/docs', 'API'],
  ['/admin', 'Admin'],
] as const;

export type Page = {
  title: string;
  /** Its own address, marked in the bar. */
  path: string;
  /** The script it runs. */
  script?: 'key.js' | 'admin.js' | 'setup.js';
  /** A style of its own. */
  style?: 'setup.css';
  main: string;
  status?: number;
};

export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': POLICY,
  'cache-control': 'no-cache',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** `main` is HTML of ours: nothing that comes from outside may be part of it. */
export async function pageResponse({
  title,
  path,
  script,
  style,
  main,
  status = 200,
}: Page): Promise<Response> {
  const addressOf = await pageFiles.addresses();
  const styles = ['page.css', 'parts.css', 'tables.css', 'forms.css', 'chart.css', ...(style ? [style] : [])];
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Osiris</title>
<link rel="icon" type="image/svg+xml" href="${addressOf('icon.svg')}">
${styles.map((name) => `<link rel="stylesheet" href="${addressOf(name)}">`).join('\n')}
<script src="${addressOf('theme.js')}"></script>
${script === undefined ? '' : `<script src="${addressOf(script)}" defer></script>`}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="bar">
<a class="brand" href="/"><img src="${addressOf('icon.svg')}" width="24" height="24" alt="">Osiris</a>
<nav aria-label="Pages">${LINKS.map((link) => linkTo(link, path)).join('')}</nav>
<button id="theme" type="button" class="quiet" hidden>Theme</button>
</header>
<main id="main">
${main}
</main>
</body>
</html>
`;
  return new Response(html, { status, headers: PAGE_HEADERS });
}

function linkTo([href, text]: (typeof LINKS)[number], path: string): string {
  return `<a href="${href}"${href === path ? ' aria-current="page"' : ''}>${text}</a>`;
}
