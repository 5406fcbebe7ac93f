// The page at `/admin`: what is on it before the admin secret has been given.

import { choice, gate } from './markup.ts';

export const ADMIN_MAIN = `<noscript><p class="banner warn">This page needs JavaScript. <code>osiris keys</code>, <code>usage</code> and <code>logs</code> tell the same.</p></noscript>
${gate({
  title: 'Admin',
  about:
    'Spend, keys, clients and errors of this server. The secret was printed at the first start; <code>osiris admin reset</code> makes a new one.',
  label: 'Admin secret',
  placeholder: 'osiris-admin-…',
  submit: 'Open',
})}
<div id="board" class="board" hidden aria-busy="true">
<header class="title">
<div><h1>Overview</h1><p id="health" class="about"></p></div>
<div class="tools"><span id="fresh" class="fresh" role="status"></span><button id="pause" type="button">Pause…</button><button id="forget" type="button">Lock</button></div>
</header>
<div id="notice" role="status"></div>
<div id="pauses" role="status"></div>
<div id="troubles" role="status"></div>
<div class="figures even">
<section class="card figure" aria-labelledby="today-title"><h2 id="today-title">Today</h2><p id="today" class="amount"></p><p id="today-note" class="note"></p><div id="cap"></div></section>
<section class="card figure" aria-labelledby="week-title"><h2 id="week-title">7 days</h2><p id="week" class="amount"></p><p id="week-note" class="note"></p></section>
<section class="card figure" aria-labelledby="month-title"><h2 id="month-title">30 days</h2><p id="month" class="amount"></p><p id="month-note" class="note"></p></section>
</div>
<div class="pair">
<section class="card" aria-labelledby="by-model-title"><h2 id="by-model-title">Spend by model</h2><div id="by-model" class="chart"></div></section>
<section class="card" aria-labelledby="by-key-title"><h2 id="by-key-title">Spend by key</h2><div id="by-key" class="chart"></div></section>
</div>
<section class="card" aria-labelledby="keys-title">
<header class="head"><h2 id="keys-title">Keys</h2><button id="create" type="button" class="primary">Create key</button></header>
<form id="filter" class="filter" role="search">
<label class="hidden" for="search">Search by name</label><input id="search" type="search" placeholder="Search by name" autocomplete="off">
<label class="hidden" for="status">Status</label><select id="status"><option value="">Any status</option><option value="active">Active</option><option value="expired">Expired</option><option value="revoked">Revoked</option></select>
</form>
<div id="keys"></div>
</section>
<section class="card" aria-labelledby="clients-title"><header class="head"><h2 id="clients-title">Clients</h2>
${choice({ id: 'clients-since', name: 'clients-since', legend: 'Since when', chosen: '7d' }, { '24h': '24 hours', '7d': '7 days', '30d': '30 days' })}</header>
<div id="clients"></div></section>
<section class="card" aria-labelledby="errors-title"><header class="head"><h2 id="errors-title">Errors</h2>
${choice({ id: 'since', name: 'since', legend: 'Since when', chosen: '24h' }, { '1h': '1 hour', '24h': '24 hours', '7d': '7 days' })}</header>
<div id="errors"></div></section>
<section class="card" aria-labelledby="alerts-title"><header class="head"><h2 id="alerts-title">Alerts</h2><button id="alerts-test" type="button">Send a test</button></header>
<p id="alerts-outcome" class="note" role="status"></p>
<div id="alerts"></div></section>
</div>
<dialog id="dialog" aria-labelledby="dialog-title"></dialog>`;
