// Code that a provider ran, as text for formats that have no words of their own for it.

import type { HostedCode } from './part.ts';

/** Code, what it printed and the files it made; undefined when there is nothing to read. */
export function codeText({ code, language = '', output, files = [] }: HostedCode): string | undefined {
  const pieces = [
    ...(code ? [fenced(code, /^[a-z]+$/.test(language) ? language : '')] : []),
    ...(output ? [fenced(output, '')] : []),
    ...files.map((id) => `[file ${id}]`),
  ];
  return pieces.length === 0 ? undefined : pieces.join('\n\n');
}

/** Backticks inside are outnumbered by the fence. */
function fenced(text: string, language: string): string {
  const runs = Array.from(text.matchAll(/`+/g), ([run]) => run.length);
  const fence = '`'.repeat(Math.max(2, ...runs) + 1);
  return `${fence}${language}\n${text}${text.endsWith('\n') ? '' : '\n'}${fence}`;
}
