// Turns the `providers` section into providers that can be called: declaration, file and environment merged.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a variable in the configuration file is written like this.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { FormatId } from '../canonical/part.ts';
import { nearestNames } from '../lib/nearest.ts';
import { BUILT_IN_PROVIDERS, builtInProviderNames, declarationOf } from '../providers/index.ts';
import type { AuthStyle, Provider, ProviderDeclaration, Quirks } from '../providers/provider.ts';
import { SANDBOX } from '../providers/sandbox.ts';
import { plainUrl } from './addresses.ts';
import type { Environment } from './environment.ts';
import { readHeaders } from './headers.ts';
import { pointerTo, type Report } from './problem.ts';
import { readTags } from './routing-section.ts';
import type { ProviderShape } from './schema.ts';

type Surroundings = { env: Environment; baseDir: string; report: Report };

/** Providers of the file by id, the sandbox last. */
export function readProviders(
  section: Record<string, ProviderShape>,
  surroundings: Surroundings,
): Map<string, Provider> {
  const providers = new Map<string, Provider>();
  for (const [name, entry] of Object.entries(section)) {
    const provider = readProvider(name, entry, surroundings);
    if (provider === undefined) continue;
    if (providers.has(provider.id)) {
      surroundings.report(
        pointerTo('providers', name),
        `is the same provider as \`${provider.id}\`; keep one`,
        'name',
      );
    }
    providers.set(provider.id, provider);
  }
  return providers.set(SANDBOX.id, SANDBOX);
}

/** Built-in providers whose well-known variable is set, and the sandbox. */
export function detectProviders(env: Environment): Map<string, Provider> {
  const providers = new Map<string, Provider>();
  for (const declaration of BUILT_IN_PROVIDERS) {
    const credential = credentialFrom(env, declaration);
    if (credential === undefined || !isSendable(credential)) continue;
    providers.set(declaration.id, {
      ...shared(declaration),
      credentials: [credential],
      headers: { ...declaration.headers },
      ca: undefined,
      builtIn: false,
      quirks: { ...declaration.quirks },
    });
  }
  return providers.set(SANDBOX.id, SANDBOX);
}

/** Built-in providers that are not among `providers`. */
export function absentProviders(providers: ReadonlyMap<string, Provider>): Map<string, ProviderDeclaration> {
  const absent = BUILT_IN_PROVIDERS.filter((declaration) => !providers.has(declaration.id));
  return new Map(absent.map((declaration) => [declaration.id, declaration]));
}

/** Servers people run themselves, and the gateways of others, mostly know only the older member. */
const SELF_HOSTED: Quirks = { maxTokensField: 'max_tokens' };

function readProvider(name: string, entry: ProviderShape, around: Surroundings): Provider | undefined {
  const { report } = around;
  const pointer = pointerTo('providers', name);
  if (name === SANDBOX.id) {
    report(pointer, 'is always there and has no settings; remove it', 'name');
    return undefined;
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
    report(pointer, 'must be named with letters, digits, dots, dashes and underscores', 'name');
  }
  const declaration = declarationOf(name);
  if (declaration === undefined && !explainCustom(name, entry, report)) return undefined;
  const auth = readAuth(entry, declaration);
  const { name: displayName = declaration?.displayName ?? name } = entry;
  return {
    id: declaration?.id ?? name,
    aliases: [...(declaration?.aliases ?? [])],
    displayName,
    baseUrl: readBaseUrl(entry, declaration, pointer, report),
    auth,
    formats: readFormats(entry, declaration, pointer, report),
    credentials: readCredentials(entry, auth, declaration, pointer, around),
    headers: { ...declaration?.headers, ...readHeaders(entry.headers, pointer, report) },
    ca: readCa(entry, pointer, around),
    builtIn: false,
    quirks: { ...(declaration === undefined ? SELF_HOSTED : declaration.quirks), ...readQuirks(entry) },
    ...readTags(entry.tags),
  };
}

/** Whether a provider that is not built in says enough of itself; reports what is missing. */
function explainCustom(name: string, entry: ProviderShape, report: Report): boolean {
  const format = entry.format ?? entry.formats?.[0];
  if (entry.base_url !== undefined && format !== undefined) return true;
  const pointer = pointerTo('providers', name);
  const [near] = nearestNames(name, builtInProviderNames(), 1);
  if (entry.base_url === undefined && near !== undefined) {
    report(
      pointer,
      `is not a provider Osiris knows; did you mean \`${near}\`? One of your own needs \`base_url\` and \`format\``,
      'name',
    );
    return false;
  }
  if (entry.base_url === undefined) {
    report(
      `${pointer}/base_url`,
      'is missing; Osiris does not know this provider, so write `base_url: https://…/v1` (what stands before `/chat/completions`)',
    );
  }
  if (format === undefined) {
    report(
      `${pointer}/format`,
      'is missing; write `format: openai-chat` (or openai-responses, anthropic-messages, google-generate-content)',
    );
  }
  return false;
}

function readAuth(entry: ProviderShape, declaration: ProviderDeclaration | undefined): AuthStyle {
  return entry.auth ?? declaration?.auth ?? 'bearer';
}

function readFormats(
  entry: ProviderShape,
  declaration: ProviderDeclaration | undefined,
  pointer: string,
  report: Report,
): FormatId[] {
  if (entry.format !== undefined && entry.formats !== undefined) {
    report(`${pointer}/format`, 'stands beside `formats`; keep one of the two', 'name');
  }
  const written = entry.formats ?? (entry.format === undefined ? undefined : [entry.format]);
  return [...(written?.filter((each) => each !== undefined) ?? declaration?.formats ?? [])];
}

function readBaseUrl(
  entry: ProviderShape,
  declaration: ProviderDeclaration | undefined,
  pointer: string,
  report: Report,
): string {
  if (entry.base_url === undefined) return declaration?.baseUrl ?? '';
  const url = plainUrl(entry.base_url);
  const operation = /\/(chat\/completions|responses|messages|models)$/.exec(url ?? '')?.[0];
  if (url === undefined) {
    report(
      `${pointer}/base_url`,
      'must be an http(s) address such as `http://127.0.0.1:8000/v1`, without a query or a password',
    );
  } else if (operation !== undefined) {
    report(
      `${pointer}/base_url`,
      `must be what stands before the operation; remove \`${operation}\` at its end`,
    );
  }
  return url ?? '';
}

function readCredentials(
  entry: ProviderShape,
  auth: AuthStyle,
  declaration: ProviderDeclaration | undefined,
  pointer: string,
  { env, report }: Surroundings,
): string[] {
  if (entry.api_key !== undefined && entry.api_keys !== undefined) {
    report(`${pointer}/api_key`, 'stands beside `api_keys`; put all keys into `api_keys`', 'name');
  }
  const member = entry.api_keys === undefined ? 'api_key' : 'api_keys';
  const written = entry.api_keys ?? (entry.api_key === undefined ? [] : [entry.api_key]);
  if (auth === 'none') {
    if (written.length > 0)
      report(
        `${pointer}/${member}`,
        'is never sent, as `auth` is `none`; write `auth: bearer` or remove the key',
        'name',
      );
    return [];
  }
  for (const [index, key] of written.entries()) {
    if (key === undefined || isSendable(bare(key))) continue;
    const where = member === 'api_key' ? `${pointer}/api_key` : `${pointer}/api_keys/${index}`;
    report(
      where,
      'is empty or has characters that no header can carry; check for spaces, line breaks and typographic quotes',
    );
  }
  const found = written.filter((key) => key !== undefined).map(bare);
  const detected = declaration === undefined ? undefined : credentialFrom(env, declaration);
  if (found.length === 0 && detected !== undefined) {
    found.push(detected);
    if (!isSendable(detected))
      report(
        pointer,
        `has a key in ${declaration?.keyVariables[0]} with characters that no header can carry`,
        'name',
      );
  }
  if (found.length === 0) report(`${pointer}/${member}`, explainMissingKey(declaration), 'name');
  return found;
}

function explainMissingKey(declaration: ProviderDeclaration | undefined): string {
  const variable = declaration?.keyVariables[0];
  if (variable === undefined)
    return 'is missing; write `api_key: "${NAME_OF_A_VARIABLE}"`, or `auth: none` if it needs no key';
  return `is missing; write \`api_key: "\${${variable}}"\` or set ${variable} in the environment`;
}

function credentialFrom(env: Environment, declaration: ProviderDeclaration): string | undefined {
  const values = declaration.keyVariables.map((variable) => bare(env[variable] ?? ''));
  return values.find((value) => value !== '');
}

/** `docker run --env-file` hands quotes on as if they were a part of the value; no key has any. */
function bare(key: string): string {
  return key.trim().replace(/^(["'])(.*)\1$/, '$2');
}

function isSendable(credential: string): boolean {
  return /^[\x21-\x7e]+$/.test(credential);
}

function readCa(
  entry: ProviderShape,
  pointer: string,
  { baseDir, report }: Surroundings,
): string | undefined {
  if (entry.ca === undefined) return undefined;
  try {
    const pem = readFileSync(resolve(baseDir, entry.ca), 'utf8');
    if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
    report(`${pointer}/ca`, 'names a file without a PEM certificate (`-----BEGIN CERTIFICATE-----`)');
  } catch {
    report(
      `${pointer}/ca`,
      'names a file that cannot be read; relative paths start at the configuration file',
    );
  }
  return undefined;
}

function readQuirks({ quirks }: ProviderShape): Quirks {
  const notes = quirks ?? {};
  return present({
    developerRole: notes.developer_role,
    maxTokensField: notes.max_tokens_field,
    usageInStream: notes.usage_in_stream,
    reasoningContent: notes.reasoning_content,
    thinkingSwitch: notes.thinking_switch,
    strict: notes.strict,
    plainSchemas: notes.plain_schemas,
    jsonMode: notes.json_mode,
    temperatureMax: notes.temperature_max,
    topK: notes.top_k,
    refuses: notes.refuses?.filter((each) => each !== undefined),
    refusesBetas: notes.refuses_betas?.filter((each) => each !== undefined),
    readsFiles: notes.reads_files,
    runsCode: notes.runs_code,
  });
}

/** What the file says nothing of stays as it was declared. */
function present(quirks: { [name in keyof Quirks]: Quirks[name] | undefined }): Quirks {
  return Object.fromEntries(Object.entries(quirks).filter(([, value]) => value !== undefined));
}

function shared(
  declaration: ProviderDeclaration,
): Pick<Provider, 'id' | 'aliases' | 'displayName' | 'baseUrl' | 'auth' | 'formats'> {
  const { id, aliases, displayName, baseUrl, auth, formats } = declaration;
  return { id, aliases: [...aliases], displayName, baseUrl, auth, formats: [...formats] };
}
