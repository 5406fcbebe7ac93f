// Starts Swagger UI on the page it is loaded by, and lets the reader choose light or dark.

const THEMES = ['system', 'light', 'dark'];
const THEME_KEY = 'osiris-docs-theme';
const prefersDark = matchMedia('(prefers-color-scheme: dark)');
const themeButton = document.getElementById('theme');

function readTheme() {
  try {
    const stored = localStorage.getItem(THEME_KEY);
    return THEMES.includes(stored) ? stored : 'system';
  } catch {
    return 'system'; // storage may be forbidden; the page works without it
  }
}

let theme = readTheme();

function showTheme() {
  const dark = theme === 'dark' || (theme === 'system' && prefersDark.matches);
  document.documentElement.classList.toggle('dark-mode', dark);
  themeButton.textContent = `Theme: ${theme}`;
}

themeButton.addEventListener('click', () => {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  try {
    localStorage.setItem(THEME_KEY, theme);
  } catch {}
  showTheme();
});
prefersDark.addEventListener('change', showTheme);
showTheme();

// The key stays in this page's memory: it is not persisted, so a shared computer does not keep it
window.SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  validatorUrl: null,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 1,
  defaultModelRendering: 'example',
});
