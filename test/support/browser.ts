// A headless Chromium for tests: one named by the environment, one on the PATH, or the one carried by an npm package.

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const PACKAGE = '@sparticuz/chromium';
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** `env` is what the program needs to find its libraries and fonts. */
export type Chromium = { path: string; env: Record<string, string> };

/** A Chromium this machine can run; undefined, with the reason printed, where there is none. */
export async function findChromium(): Promise<Chromium | undefined> {
  const named = process.env.OSIRIS_CHROMIUM;
  if (named !== undefined && named !== '') return { path: named, env: {} };
  const installed = Bun.which('chromium') ?? Bun.which('google-chrome');
  if (installed !== null) return { path: installed, env: {} };
  const carried = await unpackCarried();
  if (carried === undefined) {
    console.log(`browser tests skipped: no chromium on the PATH and ${PACKAGE} has none for this machine`);
  }
  return carried;
}

/** Opens a page in a browser with a fresh profile; `close` ends the browser and removes the profile. */
export async function openPage(found: Chromium): Promise<{ page: Page; close: () => Promise<void> }> {
  const profile = await mkdtemp(join(tmpdir(), 'osiris-browser-'));
  const context: BrowserContext = await chromium.launchPersistentContext(profile, {
    executablePath: found.path,
    args: FLAGS,
    env: { PATH: process.env.PATH ?? '', HOME: profile, ...found.env },
    viewport: { width: 1280, height: 1000 },
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const close = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  };
  return { page, close };
}

/**
 * Unpacks the browser of the package once per version into the temporary directory. It is built for Linux x64 and
 * needs only glibc: libraries and a font come along.
 */
async function unpackCarried(): Promise<Chromium | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const root = packageRoot();
  if (root === undefined) return undefined;
  const { version } = await Bun.file(join(root, 'package.json')).json();
  const home = join(tmpdir(), `osiris-chromium-${version}-${process.getuid?.() ?? 0}`);
  if (!existsSync(home)) await unpack(join(root, 'bin'), home);
  return {
    path: join(home, 'chromium'),
    env: { LD_LIBRARY_PATH: join(home, 'lib'), FONTCONFIG_FILE: join(home, 'fonts.conf') },
  };
}

async function unpack(packed: string, home: string): Promise<void> {
  // Filled aside and renamed, so that a second process never starts half a browser
  const aside = `${home}.${process.pid}`;
  await mkdir(aside, { recursive: true });
  await writeFile(join(aside, 'chromium'), await unbrotli(join(packed, 'chromium.br')), { mode: 0o700 });
  for (const archive of ['swiftshader', 'al2023', 'fonts']) {
    await new Bun.Archive(await unbrotli(join(packed, `${archive}.tar.br`))).extract(aside);
  }
  await writeFile(join(aside, 'fonts.conf'), fontsConfig(join(home, 'fonts')));
  await rename(aside, home).catch(() => rm(aside, { recursive: true, force: true }));
}

function packageRoot(): string | undefined {
  try {
    return dirname(dirname(Bun.resolveSync(PACKAGE, import.meta.dir)));
  } catch {
    return undefined;
  }
}

async function unbrotli(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await promisify(brotliDecompress)(await Bun.file(path).bytes()));
}

function fontsConfig(folder: string): string {
  return `<?xml version="1.0"?><fontconfig><dir>${folder}</dir><dir>/usr/share/fonts</dir><cachedir>${folder}-cache</cachedir></fontconfig>`;
}
