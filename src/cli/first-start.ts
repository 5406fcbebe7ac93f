// What a first start makes and says: the admin secret, a demo key, a request that works when pasted.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createKey, OPERATOR } from '../accounts/keys.ts';
import type { Config } from '../config/config.ts';
import { sha256Hex } from '../lib/crypto.ts';
import { newAdminSecret } from '../lib/id.ts';
import { firstStartPath } from '../store/data-dir.ts';
import type { Directory } from '../store/ports.ts';

const ADMIN_FACT = 'admin_secret_sha256';

/**
 * Makes the admin secret, and on defaults a demo key for the free sandbox, if this data directory has none yet;
 * the same text that is printed goes to `first-start.txt` (0600). Undefined on every later start.
 */
export function firstStart(config: Config, directory: Directory, url: string): string | undefined {
  if (directory.getFact(ADMIN_FACT) !== undefined) return undefined;
  const adminSecret = newAdminSecret();
  const demoKey = config.file === undefined ? makeDemoKey(directory) : undefined;
  const curl = demoKey === undefined ? undefined : curlLine(url, demoKey);
  const text = announce(url, adminSecret, demoKey, curl);
  writeFileSync(firstStartPath(config.dataDir), text, { mode: 0o600 });
  directory.setFact(ADMIN_FACT, sha256Hex(adminSecret));
  return text;
}

/** Stores another admin secret, which it returns; `first-start.txt` no longer shows the one that was there. */
export function replaceAdminSecret(dataDir: string, directory: Pick<Directory, 'setFact'>): string {
  const secret = newAdminSecret();
  directory.setFact(ADMIN_FACT, sha256Hex(secret));
  const path = firstStartPath(dataDir);
  if (existsSync(path)) {
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace(/osiris-admin-[0-9a-f]{32}/, 'replaced by osiris admin reset'));
  }
  return secret;
}

function makeDemoKey(directory: Directory): string {
  const { secret } = createKey(directory, {
    name: 'demo',
    kind: 'credit',
    account: OPERATOR,
    creditNano: 0n,
    models: ['sandbox/*'],
    limits: {},
  });
  return secret;
}

function curlLine(url: string, key: string): string {
  const body = JSON.stringify({
    model: 'sandbox/echo',
    messages: [{ role: 'user', content: 'Hello, Osiris!' }],
  });
  return `curl ${url}/v1/chat/completions -H 'authorization: Bearer ${key}' -H 'content-type: application/json' -d '${body}'`;
}

function announce(
  url: string,
  adminSecret: string,
  demoKey: string | undefined,
  curl: string | undefined,
): string {
  const pages = [`  Set up    ${url}/setup   (Claude Code, Codex, OpenCode …)`, `  Docs      ${url}/docs`];
  const lines = ['', `  Osiris    ${url}`, `  Admin     ${adminSecret}`];
  if (demoKey !== undefined && curl !== undefined) {
    lines.push(`  Demo key  ${demoKey}   (sandbox/* models only, free)`);
    lines.push(...pages, '', '  Try it:', '', curl);
  } else {
    lines.push(...pages, '', '  Make a key:  osiris keys create --name NAME --credit 10');
  }
  lines.push(
    '',
    '  The secrets are shown once; this text is kept in first-start.txt in the data directory.',
    '',
  );
  return `${lines.join('\n')}\n`;
}
