// The files of our own pages: one style, and one script for each page.

import { assetFolder, SCRIPT, STYLE } from '../assets.ts';
import { bundleScript } from './bundle.ts' with { type: 'macro' };
import chartStylePath from './chart.css' with { type: 'file' };
import formsStylePath from './forms.css' with { type: 'file' };
import iconPath from './icon.svg' with { type: 'file' };
import pageStylePath from './page.css' with { type: 'file' };
import partsStylePath from './parts.css' with { type: 'file' };
import setupStylePath from './setup.css' with { type: 'file' };
import tablesStylePath from './tables.css' with { type: 'file' };

export const pageFiles = assetFolder('/pages', {
  'page.css': { path: pageStylePath, type: STYLE },
  'parts.css': { path: partsStylePath, type: STYLE },
  'tables.css': { path: tablesStylePath, type: STYLE },
  'chart.css': { path: chartStylePath, type: STYLE },
  'forms.css': { path: formsStylePath, type: STYLE },
  'setup.css': { path: setupStylePath, type: STYLE },
  'icon.svg': { path: iconPath, type: 'image/svg+xml' },
  'theme.js': { text: bundleScript('theme.ts'), type: SCRIPT },
  'key.js': { text: bundleScript('key.ts'), type: SCRIPT },
  'setup.js': { text: bundleScript('setup.ts'), type: SCRIPT },
  'admin.js': { text: bundleScript('admin.ts'), type: SCRIPT },
});
