// Light, dark or as the system has it: chosen before anything is drawn, shared with the API page.

const THEMES = ['system', 'light', 'dark'];
const THEME_KEY = 'osiris-docs-theme';

let theme = stored();
show();
document.addEventListener('DOMContentLoaded', () => {
  const button = document.getElementById('theme');
  if (button === null) return;
  button.hidden = false;
  const label = () => {
    button.textContent = `Theme: ${theme}`;
  };
  label();
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
    try {
      localStorage.setItem(THEME_KEY, theme);
    } catch {}
    show();
    label();
  });
});

function stored(): string {
  try {
    const found = localStorage.getItem(THEME_KEY) ?? '';
    return THEMES.includes(found) ? found : 'system';
  } catch {
    return 'system'; // storage may be forbidden; the page works without it
  }
}

function show(): void {
  const { classList } = document.documentElement;
  classList.toggle('dark', theme === 'dark');
  classList.toggle('light', theme === 'light');
}
