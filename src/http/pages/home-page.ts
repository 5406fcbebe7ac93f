// The page at `/` until there is a dashboard: what this is, and where everything stands.

export const HOME_MAIN = `<section class="gate home">
<h1>Osiris</h1>
<p>An AI gateway: OpenAI Chat, OpenAI Responses, Anthropic Messages and Gemini in, any provider out.</p>
<p>Point a client's base URL at this address with <code>/v1</code> behind it (Claude Code: without), and give it your
<code>sk-osiris-…</code> key.</p>
<ul class="doors">
<li><a class="door" href="/setup"><strong>Set up a client</strong><span>What Claude Code, Codex, OpenCode and fourteen others need, filled in</span></a></li>
<li><a class="door" href="/key"><strong>Your key</strong><span>Balance, limits and what each model has cost</span></a></li>
<li><a class="door" href="/docs/manual"><strong>Manual</strong><span>What a call costs, which caches there are, who is asked</span></a></li>
<li><a class="door" href="/docs"><strong>API documentation</strong><span>Every route, to read and to try</span></a></li>
<li><a class="door" href="/docs/translation"><strong>Translation</strong><span>What survives between the formats, scenario by scenario</span></a></li>
<li><a class="door" href="/admin"><strong>Admin</strong><span>Spend, keys and errors, for the operator</span></a></li>
</ul>
</section>`;

/** `message` is a text of ours. */
export function refusedMain(message: string): string {
  return `<section class="gate"><h1>Not from here</h1><p class="wrong">${message}</p></section>`;
}
