// Putting a client's configuration into files that people have written: their comments, order and other members stay.

import { describe, expect, test } from 'bun:test';
import { parse as parseYaml } from 'yaml';
import { changesTo } from '../../../src/cli/setup/changes.ts';
import { mergeText } from '../../../src/cli/setup/merge.ts';

describe('what has to change', () => {
  test('nothing, where all is there already', () => {
    expect(changesTo({ a: 1, b: { c: [1, 2], d: 'x' } }, { b: { c: [1, 2] } })).toEqual([]);
  });

  test('single members, the whole of what is missing, and elements of lists by their identity', () => {
    const found = { a: { kept: 1, changed: 1 }, list: [{ id: 'one', size: 1 }] };
    const wanted = { a: { changed: 2 }, made: { x: 1 }, list: [{ id: 'one', size: 9 }, { id: 'two' }] };
    expect(changesTo(found, wanted)).toEqual([
      { path: ['a', 'changed'], value: 2 },
      { path: ['made'], value: { x: 1 } },
      { path: ['list', 0, 'size'], value: 9 },
      { path: ['list'], value: { id: 'two' }, append: true },
    ]);
  });
});

describe('JSON with comments', () => {
  const FILE = `// my settings
{
    "theme": "dark", // at night
    /* models */
    "models": [
        { "id": "mine", "size": 1 }
    ],
    "env": { "OTHER": "1" },
}
`;

  test('keeps comments, indentation, trailing commas and other members', () => {
    const wanted = '{"env":{"BASE":"http://x"},"models":[{"id":"osiris","size":2}],"theme":"dark"}';
    const merged = mergeText('json', FILE, wanted);
    for (const kept of ['// my settings', '// at night', '/* models */', '"OTHER": "1"', '"mine"'])
      expect(merged).toContain(kept);
    expect(merged).toContain('"BASE": "http://x"');
    expect(merged).toContain('"osiris"');
    expect(mergeText('json', merged, wanted)).toBe(merged);
  });

  test('a member of the whole file that is only to be there is not written over', () => {
    const merged = mergeText('json', '{"$schema":"mine"}', '{"$schema":"ours","a":1}', ['$schema']);
    expect(JSON.parse(merged)).toEqual({ $schema: 'mine', a: 1 });
  });

  test('a file of nothing but comments gets the members below them', () => {
    const merged = mergeText('json', '// nothing yet\n', '{"a":{"b":1}}');
    expect(merged).toContain('// nothing yet\n');
    expect(mergeText('json', merged, '{"a":{"b":1}}')).toBe(merged);
  });

  test('broken text is refused with its line', () => {
    expect(() => mergeText('json', '{\n  a: 1\n}', '{"b":2}')).toThrow(/line 2/);
  });

  test('tabs stay tabs', () => {
    expect(mergeText('json', '{\n\t"a": {\n\t\t"b": 1\n\t}\n}\n', '{"a":{"c":2}}')).toBe(
      '{\n\t"a": {\n\t\t"b": 1,\n\t\t"c": 2\n\t}\n}\n',
    );
  });
});

describe('TOML', () => {
  const WANTED = `model = "gpt-5"
model_provider = "osiris"

[model_providers.osiris]
name = "Osiris"
base_url = "http://127.0.0.1:8080/v1"
`;
  const FILE = `# my codex
model = "o3" # for now
approval_policy = "never"

[mcp_servers.docs] # tools
command = "docs"

[model_providers.other]
name = "Other"
`;

  test('changes values in place, adds root members above the sections and a table at the end', () => {
    const merged = mergeText('toml', FILE, WANTED);
    for (const kept of ['# my codex', '# for now', '[mcp_servers.docs] # tools', '[model_providers.other]'])
      expect(merged).toContain(kept);
    expect(merged).toContain('\n[model_providers.osiris]\n');
    expect(Bun.TOML.parse(merged)).toEqual({
      model: 'gpt-5',
      model_provider: 'osiris',
      approval_policy: 'never',
      mcp_servers: { docs: { command: 'docs' } },
      model_providers: {
        other: { name: 'Other' },
        osiris: { name: 'Osiris', base_url: 'http://127.0.0.1:8080/v1' },
      },
    });
    expect(mergeText('toml', merged, WANTED)).toBe(merged);
  });

  test('another address later changes only its line', () => {
    const merged = mergeText('toml', FILE, WANTED);
    const moved = mergeText('toml', merged, WANTED.replace('127.0.0.1', 'ai.example.com'));
    expect(moved).toBe(merged.replace('127.0.0.1', 'ai.example.com'));
  });

  test('a layout into which a section cannot be put is refused, not broken', () => {
    expect(() => mergeText('toml', 'model_providers = { a = { name = "A" } }\n', WANTED)).toThrow();
  });
});

describe('YAML', () => {
  const FILE = `# my assistants
name: Mine
models: # what I use
- name: local
  provider: ollama # at home
rules:
- Be brief.
`;
  const WANTED = `name: Osiris
models:
  - name: "GPT-5"
    provider: openai
    roles: [chat, edit]
`;

  test('keeps comments and the way lists are written, adds an element, keeps what is to be kept', () => {
    const merged = mergeText('yaml', FILE, WANTED, ['name']);
    for (const kept of ['# my assistants', '# what I use', 'provider: ollama # at home', '- Be brief.'])
      expect(merged).toContain(kept);
    expect(parseYaml(merged)).toEqual({
      name: 'Mine',
      models: [
        { name: 'local', provider: 'ollama' },
        { name: 'GPT-5', provider: 'openai', roles: ['chat', 'edit'] },
      ],
      rules: ['Be brief.'],
    });
    expect(mergeText('yaml', merged, WANTED, ['name'])).toBe(merged);
  });
});

describe('variables', () => {
  test('the last of several lines is changed, comments stay, a new one is added at the end', () => {
    const merged = mergeText('dotenv', '# keys\nA=1\nexport A="2"\n', 'A=3\nB=4\n');
    expect(merged).toBe('# keys\nA=1\nA=3\nB=4\n');
    expect(mergeText('dotenv', merged, 'A=3\nB=4\n')).toBe(merged);
  });
});
