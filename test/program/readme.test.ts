// What the README and the manual tell their readers to write, tried: links, configurations, commands, addresses.

import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { allowedMethods } from '../../src/http/routes.ts';
import { command } from '../support/command-line.ts';
import { accepted, emptyDirectory, loadText } from '../support/config-file.ts';

const ROOT = join(import.meta.dir, '..', '..');
/** What the examples take from the environment. */
const ENV = {
  OPENAI_API_KEY: 'oa',
  ANTHROPIC_API_KEY: 'an',
  SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/T0/B0/x',
  ALERT_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
};
/** The one that lists what there is, and commands of others. */
const directory = emptyDirectory();

describe.each(['README.md', 'src/http/pages/manual.md'])('%s', (path) => {
  const file = join(ROOT, path);
  let text = '';
  let code: string[] = [];
  test('can be read', async () => {
    text = await Bun.file(file).text();
    // names in running text, and lines of shell snippets
    code = [
      ...inline(text),
      ...snippets(text, 'sh').flatMap((snippet) => snippet.split('\n').map(beforeComment)),
    ];
    expect(code.length).toBeGreaterThan(50);
  });

  test('its links lead somewhere', async () => {
    const links = Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target);
    expect(links.length).toBeGreaterThan(3);
    for (const link of links.filter((each) => !each.startsWith('https://'))) {
      const [target = '', anchor] = link.split('#');
      const linked = target === '' ? file : join(dirname(file), target);
      expect({ link, there: existsSync(linked) }).toEqual({ link, there: true });
      if (anchor === undefined) continue;
      const html = Bun.markdown.html(await Bun.file(linked).text(), { headings: { ids: true } });
      expect({ link, heading: html.includes(` id="${anchor}"`) }).toEqual({ link, heading: true });
    }
  });

  test('its configurations are right', () => {
    const configurations = snippets(text, 'yaml');
    expect(configurations.length).toBeGreaterThan(0);
    for (const configuration of configurations) accepted(loadText(configuration, ENV));
  });

  test('its commands and their flags exist', async () => {
    const commands = code.flatMap((each) => /^(?:sudo )?osiris ([a-z].*)$/.exec(each)?.[1] ?? []);
    expect(commands.length).toBeGreaterThan(10);
    for (const words of commands) expect(await unknownIn(words.split(' '))).toEqual([]);
  });
});

test('the addresses that the README names are served', async () => {
  const names = inline(await Bun.file(join(ROOT, 'README.md')).text());
  const addresses = names.filter((each) => /^\/(v1|key|admin|setup|docs|health)/.test(each));
  expect(addresses.length).toBeGreaterThan(5);
  // a metavariable stands for something of its kind
  const missing = addresses.filter((each) => allowedMethods(each.replace(/\{.*?\}/, 'x')).length === 0);
  expect(missing).toEqual([]);
});

/** What stands between two backticks. */
function inline(text: string): string[] {
  return Array.from(text.matchAll(/`([^`\n]+)`/g), ([, name = '']) => name);
}

/** The code blocks of a language. */
function snippets(text: string, language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return Array.from(text.matchAll(fence), ([, snippet = '']) => snippet);
}

function beforeComment(line: string): string {
  return line.replace(/\s+#.*$/, '').trim();
}

/** What of a command line without its first word is neither a command nor a flag of it; `a | b` is either. */
async function unknownIn(words: string[]): Promise<string[]> {
  const unknown: string[] = [];
  let help = await helpOf([]);
  const path: string[] = [];
  for (const word of words) {
    const flag = /^\[?(--[a-z-]+)/.exec(word)?.[1];
    if (flag !== undefined) {
      if (!help.includes(`${flag} `) && !help.includes(`${flag}\n`))
        unknown.push(`${word} of ${path.join(' ')}`);
    } else if (/^Commands:$/m.test(help)) {
      if (new RegExp(`^  ${word}\\b`, 'm').test(help)) help = await helpOf([...path, word]);
      else unknown.push([...path, word].join(' '));
      path.push(word);
    }
  }
  return unknown;
}

async function helpOf(path: string[]): Promise<string> {
  return (await command([...path, '--help'], directory)).stdout;
}
