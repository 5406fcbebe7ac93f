// The documentation plugin: the page at `/docs`, its files below it, the document at `/openapi.json`.

import { swagger } from '@elysiajs/swagger';
import { Elysia, NotFoundError } from 'elysia';
import { asObject, type JsonObject } from '../lib/json.ts';
import { docsFiles } from './docs-files.ts';
import { DOCS_POLICY, docsPage } from './docs-page.ts';
import { completeDocument, HIDDEN_DETAIL } from './openapi.ts';

const SPEC_PATH = '/openapi.json';
const HIDDEN = { detail: HIDDEN_DETAIL };

/** An Elysia that tells which routes stand in the server it was put into. */
class Documenting extends Elysia {
  allRoutes() {
    return this.getGlobalRoutes();
  }
}

/** Put it into the server anywhere: it documents every route of that server that is not hidden. */
export function docs(options: { version: string }) {
  const app = new Documenting({ name: 'docs' });
  const readPaths = pathReader(() => app.allRoutes());
  let made: Promise<string> | undefined;
  // written once: anybody may ask for it, and it takes as long as a hundred answers
  const document = () => {
    made ??= readPaths().then((paths) => JSON.stringify(completeDocument(paths, options.version)));
    return made;
  };
  return app
    .get(
      '/docs',
      async () =>
        new Response(docsPage(options.version, await docsFiles.addresses()), {
          headers: {
            'content-type': 'text/html; charset=utf-8',
            'content-security-policy': DOCS_POLICY,
            'cache-control': 'no-cache',
            'x-content-type-options': 'nosniff',
            'referrer-policy': 'no-referrer',
          },
        }),
      HIDDEN,
    )
    .get(
      '/docs/:file',
      async ({ params, request }) => {
        const response = await docsFiles.response(params.file, request);
        if (response === undefined) throw new NotFoundError();
        return response;
      },
      HIDDEN,
    )
    .get(SPEC_PATH, async () => jsonText(await document()), HIDDEN);
}

function jsonText(text: string): Response {
  return new Response(text, { headers: { 'content-type': 'application/json;charset=utf-8' } });
}

/**
 * Asks the swagger plugin for the paths the routes declare. The plugin is never mounted: its own page loads scripts
 * from elsewhere, so it only answers this reader, and it is shown the server's routes instead of its own.
 */
function pathReader(allRoutes: () => ReturnType<Documenting['allRoutes']>): () => Promise<JsonObject> {
  return async () => {
    // A new one each time: it adds up what it saw before, also what has gone since
    const reader = swagger({ path: '/page', specPath: SPEC_PATH, excludeMethods: ['OPTIONS', 'HEAD'] });
    const listed = allRoutes()
      .filter((route) => route.hooks?.detail?.hide !== true)
      // A model id may hold slashes, so its route ends in `*`, which the plugin would leave out
      .map((route) => ({ ...route, path: route.path.replace(/\*$/, ':id') }));
    Object.assign(reader, { getGlobalRoutes: () => listed });
    const response = await reader.handle(new Request(`http://localhost${SPEC_PATH}`));
    return asObject(asObject(await response.json()).paths);
  };
}
