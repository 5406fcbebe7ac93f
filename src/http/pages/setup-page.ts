// The page at `/setup`: what is on it before a key has been pasted.

import type { Client } from '../../clients/client.ts';
import { originOf } from '../../clients/fill.ts';
import { CLIENTS } from '../../clients/index.ts';
import { KINDS } from '../../clients/words.ts';
import { choice } from './markup.ts';

/** `publicUrl` is the address the operator wants clients to use; what `originOf` makes of it is safe in HTML. */
export function setupMain(publicUrl: string | undefined): string {
  const address = publicUrl === undefined ? undefined : originOf(publicUrl);
  return `<noscript><p class="banner warn">This page needs JavaScript. <code>osiris setup CLIENT</code> tells the same.</p></noscript>
<div id="setup" class="board" data-address="${address ?? ''}">
<header class="title"><div><h1>Set up a client</h1>
<p class="about">Paste your key, choose your program, and copy what it needs. This page tells when its first request arrives.</p></div></header>
<div class="sides">
<div class="side">
<section class="card" aria-labelledby="key-title"><h2 id="key-title"><span class="step">1</span>Your key</h2>
<form id="key-form" class="stack">
<label class="hidden" for="secret">Your key</label>
<input id="secret" type="password" autocomplete="off" autocapitalize="off" spellcheck="false" placeholder="sk-osiris-…" aria-describedby="key-note key-hint">
<div role="status"><p id="key-note"></p><p id="key-trouble"></p></div>
<label class="tick"><input id="keep" type="checkbox"> Remember it in this tab</label>
<p id="key-hint" class="note">It goes to this server only. The operator makes keys at <a href="/admin">/admin</a> or with <code>osiris keys create</code>.</p>
</form></section>
<section class="card" aria-labelledby="clients-title"><h2 id="clients-title"><span class="step">2</span>Your program</h2>
<div id="clients">${Object.entries(KINDS).map(kindHtml).join('\n')}</div></section>
</div>
<div class="side">
<section class="card" aria-labelledby="recipe-title">
<header class="head"><h2 id="recipe-title"><span class="step">3</span>What it needs</h2>
${choice({ id: 'os', name: 'os', legend: 'Operating system of the client' }, { linux: 'Linux', macos: 'macOS', windows: 'Windows' })}</header>
<div class="pickers">
<div class="field"><label for="model">Model to begin with</label><select id="model"></select></div>
<div class="field" id="address-field"><label for="address">Address of this server</label><select id="address"></select></div>
</div>
<div id="recipe"></div></section>
<section class="card" id="arrival" aria-labelledby="arrival-title"><h2 id="arrival-title"><span class="step">4</span>First request</h2>
<div id="signal" class="signal idle" role="status"><p id="signal-head"></p><div id="signal-rest"></div></div><div id="signal-lost"></div></section>
<section class="card" id="calls-card" aria-labelledby="calls-title" hidden><h2 id="calls-title">Last requests with this key</h2><div id="calls"></div></section>
</div>
</div>
</div>`;
}

function kindHtml([kind, title]: [string, string]): string {
  const labels = CLIENTS.filter((client) => client.kind === kind).map(labelHtml);
  return `<fieldset class="picks"><legend>${title}</legend>\n${labels.join('\n')}\n</fieldset>`;
}

function labelHtml({ id, name }: Client): string {
  return `<label><input type="radio" name="client" value="${id}"><span>${name}</span></label>`;
}
