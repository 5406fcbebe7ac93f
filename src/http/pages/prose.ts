// The pages to read, at `/docs/manual` and `/docs/translation`: Markdown of ours as HTML.

import manual from './manual.md' with { type: 'text' };
import translation from './translation.md' with { type: 'text' };

export const MANUAL_MAIN = article(manual);

/** What survives translation, as the test suite has found and kept it. */
export const TRANSLATION_MAIN = article(translation);

/** Headings can be linked to, by their words in lower case with dashes between. */
function article(text: string): string {
  return `<article class="prose">\n${Bun.markdown.html(text, { headings: { ids: true } })}</article>`;
}
