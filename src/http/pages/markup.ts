// Pieces of markup that several pages have.

export type GateWords = { title: string; about: string; label: string; placeholder: string; submit: string };

/** Asks for the secret that opens the page. */
export function gate({ title, about, label, placeholder, submit }: GateWords): string {
  return `<section id="gate" class="gate" aria-labelledby="gate-title">
<h1 id="gate-title">${title}</h1>
<p>${about}</p>
<form id="gate-form" class="stack">
<label for="secret">${label}</label>
<input id="secret" type="password" autocomplete="off" autocapitalize="off" spellcheck="false" placeholder="${placeholder}" required aria-describedby="gate-error">
<label class="tick"><input id="keep" type="checkbox"> Remember it in this tab until I close it</label>
<p id="gate-error" class="wrong" role="alert"></p>
<button class="primary" type="submit">${submit}</button>
</form>
</section>`;
}

/** One of a few; `chosen` is the value it begins with, if any. */
export function choice(
  { id, name, legend, chosen }: { id: string; name: string; legend: string; chosen?: string },
  options: Record<string, string>,
): string {
  const labels = Object.entries(options).map(([value, words]) => {
    const checked = value === chosen ? ' checked' : '';
    return `<label><input type="radio" name="${name}" value="${value}"${checked}><span>${words}</span></label>`;
  });
  return `<fieldset class="choice" id="${id}"><legend class="hidden">${legend}</legend>\n${labels.join('\n')}\n</fieldset>`;
}
