// Runs before the first paint: the system's theme unless the person picked one.
const root = document.documentElement;
const system = matchMedia('(prefers-color-scheme: dark)');

const saved = (): string | null => {
  try {
    return localStorage.getItem('theme');
  } catch {
    return null; // storage may be forbidden
  }
};

const apply = () => {
  root.dataset.theme = saved() ?? (system.matches ? 'dark' : 'light');
};

apply();
system.addEventListener('change', apply);
// Enhanced navigation writes the server's attributes over ours.
new MutationObserver(() => root.dataset.theme || apply()).observe(root, { attributes: true, attributeFilter: ['data-theme'] });

addEventListener('click', event => {
  if (!(event.target as Element).closest('[data-theme-toggle]')) {
    return;
  }

  const next = root.dataset.theme === 'dark' ? 'light' : 'dark';
  try {
    localStorage.setItem('theme', next);
  } catch {
    // it then lasts until the page is left
  }

  root.dataset.theme = next;
});
