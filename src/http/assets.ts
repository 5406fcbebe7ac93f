// Files behind the pages, embedded in the executable, read when first asked for and named by their content.

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** A file of the executable, or a text made when it was built. */
export type AssetSource = { type: string } & ({ path: string } | { text: string });

/** A closed list of files below one address. */
export type AssetFolder = {
  /** The answer to `GET {base}/{name}`: 200, or 304 when the client has it, or undefined when there is no such file. */
  response(name: string, request: Request): Promise<Response | undefined>;
  /** The addresses of all files by name, each with the hash of its content. */
  addresses(): Promise<(name: string) => string>;
};

/** `zipped` is kept: it is small, and the plain bytes are read anew from the file. */
type Asset = {
  type: string;
  body: () => BodyInit;
  etag: string;
  zipped: Uint8Array<ArrayBuffer> | undefined;
};

export const SCRIPT = 'text/javascript; charset=utf-8';
export const STYLE = 'text/css; charset=utf-8';

const gzipAsync = promisify(gzip);

export function assetFolder(base: string, sources: Record<string, AssetSource>): AssetFolder {
  const files = new Map(Object.entries(sources));
  const opened = new Map<string, Promise<Asset>>();
  const open = (name: string): Promise<Asset> | undefined => {
    const source = files.get(name);
    if (source === undefined) return undefined;
    const asset = opened.get(name) ?? read(source);
    opened.set(name, asset);
    return asset;
  };
  return {
    async response(name, request) {
      const asset = await open(name);
      return asset === undefined ? undefined : answer(asset, request);
    },
    async addresses() {
      const etags = new Map<string, string>();
      for (const name of files.keys()) etags.set(name, (await open(name))?.etag.replaceAll('"', '') ?? '');
      return (name) => `${base}/${name}?v=${etags.get(name) ?? ''}`;
    },
  };
}

function answer(asset: Asset, request: Request): Response {
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
  if (asset.zipped === undefined || !request.headers.get('accept-encoding')?.includes('gzip'))
    return new Response(asset.body(), { headers });
  headers.set('content-encoding', 'gzip');
  return new Response(asset.zipped, { headers });
}

async function read(source: AssetSource): Promise<Asset> {
  const { type } = source;
  const body = 'path' in source ? () => Bun.file(source.path) : () => source.text;
  const bytes = await new Response(body()).bytes();
  const zipped = type === 'image/png' ? undefined : new Uint8Array(await gzipAsync(bytes));
  return { type, body, etag: `"${Bun.hash(bytes).toString(36)}"`, zipped };
}
