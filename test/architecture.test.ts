// The structure the design promises, read from the sources; every rule is also shown to fail on a mutant.

import { describe, expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  addressesInLock,
  hasNoAny,
  hasNoCycles,
  hasNoDefaultExport,
  keepsEffectsInPlace,
  keepsToFloors,
  namesAdaptersInAppOnly,
  namesNoFormatInGateway,
  type Rule,
  report,
  saysWhatItIs,
  staysShort,
  strangersAtTop,
} from './support/architecture-rules.ts';
import { blank, readTree, treeOf } from './support/source-tree.ts';

const ROOT = join(import.meta.dir, '..');
const tree = await readTree(ROOT);

/** What a rule says of a tree made of these files. */
function verdict(rule: Rule, texts: Record<string, string>): string {
  return report(rule(treeOf(texts)));
}

describe('the source tree', () => {
  test('is read at all', () => {
    expect(tree.size).toBeGreaterThan(20);
    expect(tree.has('src/canonical/fault.ts')).toBe(true);
  });

  test.each([
    ['imports only from lower floors', keepsToFloors],
    ['names store adapters only in src/app', namesAdaptersInAppOnly],
    ['names no wire format in the gateway', namesNoFormatInGateway],
    ['has no import cycles', hasNoCycles],
    ['keeps fetch, environment, time, randomness, argv and exit where they belong', keepsEffectsInPlace],
    ['has no `any`', hasNoAny],
    ['has no default exports', hasNoDefaultExport],
    ['says on each first line what the file is', saysWhatItIs],
    ['has no file over 400 lines', staysShort],
  ])('%s', (_, rule) => {
    expect(report(rule(tree))).toBe('');
  });

  test('has only the agreed entries at the top', () => {
    expect(report(strangersAtTop(readdirSync(ROOT)))).toBe('');
  });

  test('has tests in the folder of what they test', () => {
    const loose = readdirSync(import.meta.dir).filter((name) => name.endsWith('.ts'));
    expect(loose.sort()).toEqual(['architecture.test.ts', 'client-rules.test.ts']);
  });

  test('locks packages without their addresses', async () => {
    expect(report(addressesInLock(await Bun.file(join(ROOT, 'bun.lock')).text()))).toBe('');
  });
});

describe('floors', () => {
  test.each([
    ['a lower floor imports a higher one', 'src/lib/a.ts', "import { b } from '../canonical/b.ts';"],
    ['… also for a type', 'src/lib/a.ts', "import type { B } from '../canonical/b.ts';"],
    ['… also for an inline type', 'src/canonical/a.ts', "type B = import('../gateway/b.ts').B;"],
    ['… also dynamically', 'src/billing/a.ts', "const b = await import('../gateway/b.ts');"],
    ['… also by re-export', 'src/store/a.ts', "export { b } from '../gateway/b.ts';"],
    ['… also for its side effect', 'src/store/a.ts', "import '../gateway/b.ts';"],
    ['a sibling imports a value', 'src/billing/a.ts', "import { b } from '../catalog/b.ts';"],
    ['… beside a type', 'src/http/a.ts', "import { type A, b } from '../cli/b.ts';"],
    ['a format imports another format', 'src/formats/x/a.ts', "import { b } from '../y/b.ts';"],
    ['lib reads the configuration', 'src/lib/a.ts', "import { b } from '../config/b.ts';"],
    ['config imports the gateway', 'src/config/a.ts', "import type { B } from '../gateway/b.ts';"],
    ['a source imports a test', 'src/lib/a.ts', "import { b } from '../../test/b.ts';"],
    ['the gateway opens the schema', 'src/gateway/a.ts', "import { b } from '../../db/b.ts';"],
    ['a folder has no floor', 'src/misc/a.ts', "import { b } from '../lib/b.ts';"],
    ['a file in src itself', 'src/start.ts', "import { b } from './lib/b.ts';"],
    ['a part imports the composition root', 'src/cli/a.ts', "import { b } from '../app/b.ts';"],
  ])('%s', (_, path, line) => {
    expect(verdict(keepsToFloors, { [path]: `// A mutant.\n\n${line}\n` })).toStartWith(`${path}:3: `);
  });

  test.each([
    ['src/gateway/a.ts', "import { b } from '../formats/b.ts';"],
    ['src/billing/a.ts', "import type { B } from '../catalog/b.ts';"],
    ['src/billing/a.ts', "import { type A, type B } from '../catalog/b.ts';"],
    ['src/routing/a.ts', "import { b } from '../catalog/b.ts';"],
    ['src/formats/x/a.ts', "import { b } from '../leftovers.ts';"],
    ['src/formats/x/a.ts', "import { b } from '../schema/b.ts';"],
    ['src/formats/index.ts', "import { b } from './x/index.ts';"],
    ['src/gateway/a.ts', "import { b } from '../config/b.ts';"],
    ['src/config/a.ts', "import { b } from '../catalog/b.ts';"],
    ['src/sandbox/a.ts', "import { b } from '../billing/b.ts';"],
    ['src/main.ts', "import { b } from './cli/b.ts';"],
    ['src/lib/a.ts', "// import { b } from '../gateway/b.ts';"],
    ['src/lib/a.ts', 'const text = "import { b } from \'../gateway/b.ts\'";'],
  ])('%s may say %s', (path, line) => {
    expect(verdict(keepsToFloors, { [path]: `// A file.\n${line}\n` })).toBe('');
  });
});

describe('adapters', () => {
  const line = "import { openLedger } from '../store/sqlite/ledger.ts';";
  test('may be named by src/app and by themselves only', () => {
    expect(verdict(namesAdaptersInAppOnly, { 'src/cli/keys.ts': line })).toContain(
      'src/cli/keys.ts:1: only src/app',
    );
    expect(verdict(namesAdaptersInAppOnly, { 'src/store/memory/a.ts': "import '../sqlite/b.ts';" })).not.toBe(
      '',
    );
    expect(verdict(namesAdaptersInAppOnly, { 'src/app/a.ts': line })).toBe('');
    expect(verdict(namesAdaptersInAppOnly, { 'src/store/sqlite/a.ts': "import './ledger.ts';" })).toBe('');
  });

  test('nobody but src/app can post the way alerts are posted', () => {
    const line = "import { post } from '../alerts/webhook.ts';";
    const type = "import type { Post } from './webhook.ts';";
    expect(verdict(namesAdaptersInAppOnly, { 'src/gateway/a.ts': line })).toContain('only src/app');
    expect(verdict(namesAdaptersInAppOnly, { 'src/alerts/a.ts': type.replace('type ', '') })).not.toBe('');
    expect(verdict(namesAdaptersInAppOnly, { 'src/alerts/a.ts': type })).toBe('');
  });

  test('nobody but src/app can make what calls providers', () => {
    const line = "import { HttpClient } from '../lib/http-client/client.ts';";
    expect(verdict(namesAdaptersInAppOnly, { 'src/alerts/a.ts': line })).toContain('only src/app');
    expect(verdict(namesAdaptersInAppOnly, { 'src/app/a.ts': line })).toBe('');
    const type = line.replace('{', 'type {');
    expect(verdict(namesAdaptersInAppOnly, { 'src/gateway/upstream.ts': type })).toBe('');
  });
});

describe('formats', () => {
  test.each([
    "import { b } from '../formats/openai-chat/index.ts';",
    "import type { B } from '../formats/x/b.ts';",
    "if (codec.id === 'anthropic-messages') refuse();",
  ])('the gateway may not say %s', (line) => {
    expect(verdict(namesNoFormatInGateway, { 'src/gateway/a.ts': `// A mutant.\n${line}\n` })).toStartWith(
      'src/gateway/a.ts:2: the gateway names no format',
    );
    expect(verdict(namesNoFormatInGateway, { 'src/http/a.ts': line })).toBe('');
  });

  test('the gateway may use what all of them share', () => {
    const line = "import { FORMATS } from '../formats/index.ts';\nFORMATS[id].path(address);";
    expect(verdict(namesNoFormatInGateway, { 'src/gateway/a.ts': line })).toBe('');
  });
});

describe('cycles', () => {
  test('are found through several files and through types', () => {
    const ring = {
      'src/lib/a.ts': "import { b } from './b.ts';",
      'src/lib/b.ts': "import type { C } from './c.ts';",
      'src/lib/c.ts': "export { a } from './a.ts';",
    };
    expect(verdict(hasNoCycles, ring)).toContain('src/lib/a.ts → src/lib/b.ts → src/lib/c.ts → src/lib/a.ts');
    expect(verdict(hasNoCycles, { ...ring, 'src/lib/c.ts': 'export const c = 1;' })).toBe('');
    expect(verdict(hasNoCycles, { 'src/lib/a.ts': "import { a } from './a.ts';" })).not.toBe('');
  });

  test('a diamond is none', () => {
    const diamond = {
      'src/lib/a.ts': "import './b.ts';\nimport './c.ts';",
      'src/lib/b.ts': "import './d.ts';",
      'src/lib/c.ts': "import './d.ts';",
      'src/lib/d.ts': '',
    };
    expect(verdict(hasNoCycles, diamond)).toBe('');
  });
});

describe('effects', () => {
  test.each([
    ['src/gateway/answer/relay.ts', "await fetch('https://x');"],
    ['src/alerts/courier.ts', "await fetch('https://x');"],
    ['src/gateway/answer/relay.ts', 'const send = globalThis.fetch;'],
    ['src/gateway/answer/relay.ts', 'start({ fetch });'],
    ['src/gateway/answer/relay.ts', 'await Bun.connect(address);'],
    ['src/http/server.ts', 'const home = process.env.HOME;'],
    ['src/http/server.ts', 'const { HOME } = Bun.env;'],
    ['src/billing/charge.ts', 'const at = Date.now();'],
    ['src/billing/charge.ts', 'const at = new Date();'],
    ['src/gateway/answer/relay.ts', 'setTimeout(stop, 1);'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the mutant's own template
    ['src/gateway/answer/relay.ts', 'const text = `${Math.random()}`;'],
    ['src/gateway/answer/relay.ts', 'const id = crypto.randomUUID();'],
    ['src/cli/keys.ts', 'process.exit(1);'],
    ['src/cli/keys.ts', 'const words = process.argv;'],
  ])('%s may not say %s', (path, line) => {
    expect(verdict(keepsEffectsInPlace, { [path]: `// A mutant.\n${line}\n` })).toStartWith(
      `${path}:2: only src/`,
    );
  });

  test.each([
    ['src/gateway/upstream.ts', 'await fetch(address);'],
    ['src/alerts/webhook.ts', 'await fetch(address);'],
    ['src/lib/http-client/connection.ts', 'await Bun.connect(address);'],
    ['src/gateway/health/reach.ts', 'await Bun.connect(address);'],
    ['src/config/environment.ts', 'const home = process.env.HOME;'],
    ['src/lib/clock.ts', 'const at = Date.now();'],
    ['src/lib/id.ts', 'const id = crypto.randomUUID();'],
    ['src/main.ts', 'process.exit(run(process.argv));'],
    ['src/http/server.ts', 'await app.fetch(request); // not Date.now()'],
    ['src/http/server.ts', "log('set process.env.HOME', new Date(atMs), /Date.now/);"],
    ['src/http/server.ts', 'process.exitCode = 1;'],
  ])('%s may say %s', (path, line) => {
    expect(verdict(keepsEffectsInPlace, { [path]: line })).toBe('');
  });
});

describe('types, exports, first lines, length', () => {
  test.each(['let a: any;', 'f<any>();', 'x as any;', 'type A = any[];', 'type B = Record<string, any>;'])(
    '`any` is found in %s',
    (line) => {
      expect(verdict(hasNoAny, { 'src/lib/a.ts': `// Any file.\n${line}` })).toStartWith(
        'src/lib/a.ts:2: `any`',
      );
    },
  );

  test('`any` is a word elsewhere', () => {
    const text =
      "// any\nconst a = 'any'; const b = AbortSignal.any([]); const c = Promise.any(d); type Any = 1;";
    expect(verdict(hasNoAny, { 'test/a.ts': text })).toBe('');
  });

  test('a default export is found in both its forms', () => {
    expect(verdict(hasNoDefaultExport, { 'src/a.ts': 'export default 1;' })).toStartWith(
      'src/a.ts:1: default export',
    );
    expect(verdict(hasNoDefaultExport, { 'src/a.ts': 'export { a as default };' })).not.toBe('');
    expect(verdict(hasNoDefaultExport, { 'src/a.ts': 'export const a = 1;' })).toBe('');
  });

  test('a file without its sentence is found', () => {
    for (const text of ["import './b.ts';", '//', '// no end', '', '/** Doc. */']) {
      expect(verdict(saysWhatItIs, { 'test/a.ts': text })).toStartWith('test/a.ts:1: the first line');
    }
    expect(verdict(saysWhatItIs, { 'scripts/a.ts': '#!/usr/bin/env bun\n// Builds.\n' })).toBe('');
    expect(verdict(saysWhatItIs, { 'src/http/a.css': '/* Colours. */\n' })).toBe('');
  });

  test('a file of 401 lines is found, one of 400 is not', () => {
    expect(verdict(staysShort, { 'test/a.ts': 'a\n'.repeat(401) })).toContain('test/a.ts:401: 401 lines');
    expect(verdict(staysShort, { 'test/a.ts': 'a\n'.repeat(400) })).toBe('');
  });
});

describe('the top of the project', () => {
  test('a stray entry is found', () => {
    expect(report(strangersAtTop(['src', 'notes.md', 'node_modules']))).toStartWith('notes.md:1: ');
  });

  test('an address in the lock file is found', () => {
    const lock = '{\n  "a": ["a@1.0.0", "https://packages.example/a.tgz"]\n}';
    expect(report(addressesInLock(lock))).toStartWith('bun.lock:2: ');
    expect(report(addressesInLock('{ "a": ["a@1.0.0", ""] }'))).toBe('');
  });
});

describe('blanking', () => {
  test('keeps length and lines, and code inside templates', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a template to be blanked
    const text = "a('x\\'y'); /* b\n */ `t ${c({ d: '}' })} u` + e / f / g; // h\nconst r = /['/]\\//g; i;";
    const code = blank(text);
    expect(code.length).toBe(text.length);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what is left of it
    expect(code.replace(/\s+/g, ' ')).toBe("a(' '); ` ${c({ d: ' ' })} ` + e / f / g; const r = ; i;");
  });
});
