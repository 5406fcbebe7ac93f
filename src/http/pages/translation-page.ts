// The page at `/docs/translation`: what survives translation, as the test suite has found and kept it.

import table from './translation.md' with { type: 'text' };

/** HTML of our own text. */
export const TRANSLATION_MAIN = `<article class="prose">\n${Bun.markdown.html(table)}</article>`;
