// The pages for people at `/`, `/setup`, `/key`, `/admin` and under `/docs`, with their files.

import { Elysia, NotFoundError } from 'elysia';
import { ADMIN_MAIN } from './admin-page.ts';
import { pageFiles } from './files.ts';
import { PAGE_HEADERS, pageResponse } from './frame.ts';
import { HOME_MAIN, refusedMain } from './home-page.ts';
import { KEY_MAIN } from './key-page.ts';
import { MANUAL_MAIN, TRANSLATION_MAIN } from './prose.ts';
import { setupMain } from './setup-page.ts';

const HIDDEN = { detail: { hide: true } };
const NOT_OPEN = 'The admin page is not open to this address; see server.admin_from.';

/** The admin page holds no secret, yet it is shown only where the admin routes answer. */
export function pages(isAdminAddress: (request: Request) => boolean, publicUrl: () => string | undefined) {
  return (
    new Elysia({ name: 'pages' })
      .get('/', () => pageResponse({ title: 'Gateway', path: '/', main: HOME_MAIN }), HIDDEN)
      // For clients that look whether somebody is there
      .head('/', () => new Response(null, { headers: PAGE_HEADERS }), HIDDEN)
      .get(
        '/setup',
        () =>
          pageResponse({
            title: 'Set up',
            path: '/setup',
            script: 'setup.js',
            style: 'setup.css',
            main: setupMain(publicUrl()),
          }),
        HIDDEN,
      )
      .get(
        '/key',
        () => pageResponse({ title: 'Key', path: '/key', script: 'key.js', main: KEY_MAIN }),
        HIDDEN,
      )
      .get(
        '/admin',
        ({ request }) =>
          isAdminAddress(request)
            ? pageResponse({ title: 'Admin', path: '/admin', script: 'admin.js', main: ADMIN_MAIN })
            : pageResponse({ title: 'Admin', path: '/admin', main: refusedMain(NOT_OPEN), status: 403 }),
        HIDDEN,
      )
      .get(
        '/docs/manual',
        () => pageResponse({ title: 'Manual', path: '/docs/manual', main: MANUAL_MAIN }),
        HIDDEN,
      )
      .get(
        '/docs/translation',
        () => pageResponse({ title: 'Translation', path: '/docs/translation', main: TRANSLATION_MAIN }),
        HIDDEN,
      )
      .get(
        '/pages/:file',
        async ({ params, request }) => {
          const response = await pageFiles.response(params.file, request);
          if (response === undefined) throw new NotFoundError();
          return response;
        },
        HIDDEN,
      )
  );
}
