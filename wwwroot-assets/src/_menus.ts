// Menus are <details>. A page's elements are replaced once when it becomes interactive: a menu that stood open opens again in its new self.
const label = (menu: Element) => menu.querySelector('summary')?.getAttribute('aria-label');

let opened: HTMLDetailsElement | null = null;

export function keepMenusOpen(): void {
  document.addEventListener('toggle', event => {
    if (event.target instanceof HTMLDetailsElement && event.target.matches('details.menu')) {
      opened = event.target.open ? event.target : opened === event.target ? null : opened;
    }
  }, true);

  new MutationObserver(() => {
    if (!opened || opened.isConnected) {
      return;
    }

    const name = label(opened);
    opened = null;
    const again = [...document.querySelectorAll<HTMLDetailsElement>('details.menu')].find(menu => label(menu) === name);
    if (again) {
      again.open = true;
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
}
