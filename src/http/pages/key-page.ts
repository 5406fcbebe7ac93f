// The page at `/key`: what is on it before a key has been pasted.

import { choice, gate } from './markup.ts';

export const KEY_MAIN = `<noscript><p class="banner warn">This page needs JavaScript. <code>GET /v1/key</code> tells the same.</p></noscript>
${gate({
  title: 'Look at your key',
  about:
    'Balance, expiry, limits and what each model has cost. The key goes to this server only, and is gone when you close the page.',
  label: 'Your key',
  placeholder: 'sk-osiris-…',
  submit: 'Show',
})}
<div id="board" class="board" hidden aria-busy="true">
<header class="title">
<div><h1 id="name">Your key</h1><p id="about" class="about"></p></div>
<div class="tools"><span id="fresh" class="fresh" role="status"></span><button id="forget" type="button">Forget key</button></div>
</header>
<div id="notice" role="status"></div>
<div class="figures">
<section class="card figure wide" aria-labelledby="balance-title"><h2 id="balance-title">Balance</h2><p id="balance" class="amount"></p><p id="balance-note" class="note"></p></section>
<section class="card figure" aria-labelledby="expiry-title"><h2 id="expiry-title">Expires</h2><p id="expiry" class="value"></p><p id="expiry-note" class="note"></p></section>
<section class="card figure" aria-labelledby="spent-title"><h2 id="spent-title">Spent in all</h2><p id="spent" class="value"></p><p id="spent-note" class="note"></p></section>
</div>
<section class="card" aria-labelledby="limits-title"><h2 id="limits-title">Limits</h2><div id="limits" class="meters"></div></section>
<section class="card" aria-labelledby="cost-title">
<header class="head"><h2 id="cost-title">Cost by day</h2>
${choice({ id: 'range', name: 'days', legend: 'How many days', chosen: '30' }, { 7: '7 days', 30: '30 days', 90: '90 days' })}</header>
<div id="chart" class="chart"></div>
<div id="models"></div>
</section>
<section class="card" aria-labelledby="errors-title"><h2 id="errors-title">Last errors</h2><div id="errors"></div></section>
<section class="card" aria-labelledby="use-title"><header class="head"><h2 id="use-title">Use it</h2>
${choice({ id: 'snippets', name: 'snippet', legend: 'For which program', chosen: 'curl' }, { curl: 'curl', python: 'Python', claude: 'Claude Code' })}</header>
<div class="snippet"><pre id="snippet" tabindex="0" aria-label="Snippet"></pre><button id="copy" type="button">Copy</button></div>
<p class="note">Codex, OpenCode, Zed, Cursor and others: <a href="/setup">set up a client</a>, and see its first request arrive.</p>
</section>
</div>`;
