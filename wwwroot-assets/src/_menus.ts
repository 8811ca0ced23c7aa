// Menus are <details>. A page's elements are replaced once when it becomes interactive: a menu that stood open opens again in its new self.
const label = (menu: Element) => menu.querySelector('summary')?.getAttribute('aria-label');

let opened: HTMLDetailsElement | null = null;

export function keepMenusOpen(): void {
  // The event of a menu that opens comes later than the menu does: its elements may be replaced in between.
  document.addEventListener('click', event => {
    const menu = (event.target as Element).closest('details.menu > summary')?.parentElement;
    if (menu instanceof HTMLDetailsElement && !menu.open) {
      opened = menu;
    }
  }, true);
  document.addEventListener('toggle', event => {
    if (event.target instanceof HTMLDetailsElement && event.target.matches('details.menu')) {
      opened = event.target.open ? event.target : opened === event.target ? null : opened;
    }
  }, true);

  new MutationObserver(() => {
    if (!opened || opened.isConnected) {
      return;
    }

    const [name, wasOpen] = [label(opened), opened.open];
    opened = null;
    const again = [...document.querySelectorAll<HTMLDetailsElement>('details.menu')].find(menu => label(menu) === name);
    if (again && wasOpen) {
      again.open = true;
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
}

/** The entry that a key goes to from one of some, -1 for none of them yet; null for a key that goes nowhere. */
export function entryAt(key: string, from: number, count: number): number | null {
  if (count === 0) {
    return null;
  }

  switch (key) {
    case 'ArrowDown': return (from + 1) % count;
    case 'ArrowUp': return from <= 0 ? count - 1 : from - 1;
    case 'Home': return 0;
    case 'End': return count - 1;
    default: return null;
  }
}

/** Arrow keys walk through an open menu; one that the focus leaves closes. */
export function walkMenus(): void {
  document.addEventListener('keydown', event => {
    const at = event.target as HTMLElement;
    const menu = at.closest?.<HTMLDetailsElement>('details.menu[open]');
    if (!menu || event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }

    // A field has keys of its own; out of one for a line of text leads down.
    const isLine = at.matches('input:not([type]), input[type=text], input[type=search]');
    if (at.matches('textarea, select, input:not([type=checkbox], [type=radio])') && !(isLine && event.key === 'ArrowDown')) {
      return;
    }

    const entries = [...menu.querySelectorAll<HTMLElement>('.pop a[href], .pop button, .pop input, .pop select')].filter(entry => !entry.matches(':disabled') && entry.checkVisibility());
    const next = entryAt(event.key, entries.indexOf(at), entries.length);
    if (next !== null) {
      event.preventDefault();
      entries[next].focus();
    }
  });
  document.addEventListener('focusout', event => {
    const menu = (event.target as HTMLElement).closest<HTMLDetailsElement>('details.menu[open]');
    if (menu && event.relatedTarget instanceof Node && !menu.contains(event.relatedTarget)) {
      menu.open = false;
    }
  });
}
