// What coding agents write into the user's messages for the model alone.

const MARKS: readonly (readonly [begin: string, end: string])[] = [
  ['<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>', '<<<END_OPENCLAW_INTERNAL_CONTEXT>>>'],
  ['<system-reminder>', '</system-reminder>'],
  ['<environment_details>', '</environment_details>'],
];

/** The text without them. OpenClaw shows none of it to the user, so that an answer made of it would be no answer. */
export function withoutAsides(text: string): string {
  const left = MARKS.reduce((rest, [begin, end]) => without(rest, begin, end), text);
  return left === text ? text : left.trim();
}

function without(text: string, begin: string, end: string): string {
  let kept = '';
  let at = 0;
  for (;;) {
    const opens = text.indexOf(begin, at);
    const closes = opens < 0 ? -1 : text.indexOf(end, opens);
    if (closes < 0) return kept + text.slice(at);
    kept += text.slice(at, opens);
    at = closes + end.length;
  }
}
