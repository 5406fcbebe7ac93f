// The files of the documentation page: Swagger UI's own, and our frame around it.

import faviconPath from 'swagger-ui-dist/favicon-32x32.png' with { type: 'file' };
import stylePath from 'swagger-ui-dist/swagger-ui.css' with { type: 'file' };
import scriptPath from 'swagger-ui-dist/swagger-ui-bundle.js' with { type: 'file' };
import { assetFolder, SCRIPT, STYLE } from './assets.ts';
import pageStylePath from './docs-page.css' with { type: 'file' };
import startPath from './docs-start.js' with { type: 'file' };

export const docsFiles = assetFolder('/docs', {
  'swagger-ui-bundle.js': { path: scriptPath, type: SCRIPT },
  'swagger-ui.css': { path: stylePath, type: STYLE },
  'docs-page.css': { path: pageStylePath, type: STYLE },
  'docs-start.js': { path: startPath, type: SCRIPT },
  'favicon.png': { path: faviconPath, type: 'image/png' },
});
