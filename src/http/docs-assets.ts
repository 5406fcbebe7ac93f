// The files behind the documentation page, embedded in the executable and read when first asked for.

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import faviconPath from 'swagger-ui-dist/favicon-32x32.png' with { type: 'file' };
import stylePath from 'swagger-ui-dist/swagger-ui.css' with { type: 'file' };
import scriptPath from 'swagger-ui-dist/swagger-ui-bundle.js' with { type: 'file' };
import pageStylePath from './docs-page.css' with { type: 'file' };
import startPath from './docs-start.js' with { type: 'file' };

const ASSETS: Record<string, { path: string; type: string }> = {
  'swagger-ui-bundle.js': { path: scriptPath, type: 'text/javascript; charset=utf-8' },
  'swagger-ui.css': { path: stylePath, type: 'text/css; charset=utf-8' },
  'docs-page.css': { path: pageStylePath, type: 'text/css; charset=utf-8' },
  'docs-start.js': { path: startPath, type: 'text/javascript; charset=utf-8' },
  'favicon.png': { path: faviconPath, type: 'image/png' },
};

/** `zipped` is kept: it is small, and the plain bytes are read anew from the file. */
type Asset = { path: string; type: string; etag: string; zipped: Uint8Array<ArrayBuffer> | undefined };

const gzipAsync = promisify(gzip);
const opened = new Map<string, Promise<Asset>>();

/** The answer to `GET /docs/{name}`: 200, or 304 when the client has it, or undefined when there is no such file. */
export async function assetResponse(name: string, request: Request): Promise<Response | undefined> {
  if (!Object.hasOwn(ASSETS, name)) return undefined;
  const asset = await open(name);
  const headers = new Headers({
    'content-type': asset.type,
    etag: asset.etag,
    // The page names the content's hash in the query, so an address never changes its meaning
    'cache-control': new URL(request.url).search === '' ? 'no-cache' : 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    vary: 'accept-encoding',
  });
  if (request.headers.get('if-none-match')?.includes(asset.etag))
    return new Response(null, { status: 304, headers });
  if (asset.zipped === undefined || !request.headers.get('accept-encoding')?.includes('gzip')) {
    return new Response(Bun.file(asset.path), { headers });
  }
  headers.set('content-encoding', 'gzip');
  return new Response(asset.zipped, { headers });
}

/** The addresses of all assets by name, each with the hash of its content. */
export async function assetAddresses(): Promise<(name: string) => string> {
  const etags = new Map<string, string>();
  for (const name in ASSETS) etags.set(name, (await open(name)).etag.replaceAll('"', ''));
  return (name) => `/docs/${name}?v=${etags.get(name) ?? ''}`;
}

function open(name: string): Promise<Asset> {
  const known = opened.get(name);
  if (known !== undefined) return known;
  const asset = read(name);
  opened.set(name, asset);
  return asset;
}

async function read(name: string): Promise<Asset> {
  const { path, type } = ASSETS[name] ?? { path: '', type: '' };
  const bytes = await Bun.file(path).bytes();
  const zipped = type.startsWith('image/') ? undefined : new Uint8Array(await gzipAsync(bytes));
  return { path, type, etag: `"${Bun.hash(bytes).toString(36)}"`, zipped };
}
