// Keys of every page. They press what the page itself shows, so that a key can do nothing that a pointer cannot.

const off = 'keys-off';

const press = (selector: string): boolean => {
  const found = [...document.querySelectorAll<HTMLElement>(selector)].at(-1);
  found?.click();
  return found !== undefined;
};

const areOff = (): boolean => {
  try {
    return localStorage.getItem(off) !== null;
  } catch {
    return false; // storage may be forbidden
  }
};

const isText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches('textarea, select, input:not([type=checkbox], [type=range], [type=radio])'));

function show(): void {
  const dialog = document.querySelector<HTMLDialogElement>('dialog[data-keys]');
  if (dialog && !dialog.open) {
    dialog.querySelector<HTMLInputElement>('[data-keys-off]')!.checked = areOff();
    dialog.showModal();
  }
}

/** Acts on a single letter outside text fields; true where it meant something. */
function letter(key: string, afterG: boolean): boolean {
  if (afterG) {
    return press(`[data-go="${CSS.escape(key.toLowerCase())}"]`);
  }

  switch (key) {
    case '?':
      show();
      return true;
    case '/': {
      const search = document.querySelector<HTMLElement>('main input[type=search]');
      search?.focus();
      return search !== null;
    }
    case '[':
      return press('[data-column=left]');
    case ']':
      return press('[data-column=right]');
    default:
      return /^[1-9]$/.test(key) && press(`[data-cite="${key}"]`);
  }
}

/** Listens for the keys of the page and for what opens, closes and switches them off. */
export function listen(): void {
  let afterG = false;
  addEventListener('keydown', event => {
    if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
      if (press(`[data-sibling="${event.key === 'ArrowUp' ? -1 : 1}"]:not(:disabled)`)) {
        event.preventDefault();
      }

      return;
    }

    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.key.length !== 1
      || isText(event.target) || document.querySelector('dialog[open]') || (areOff() && event.key !== '?')) {
      return;
    }

    const wasG = afterG;
    afterG = !wasG && event.key.toLowerCase() === 'g';
    if (!afterG && letter(event.key, wasG)) {
      event.preventDefault();
    }
  });

  addEventListener('click', event => {
    const target = event.target as Element;
    const dialog = target.closest<HTMLDialogElement>('dialog[data-keys]');
    if (target.closest('[data-keys-open]')) {
      show();
    } else if (dialog && (target === dialog || target.closest('[data-close]'))) {
      dialog.close();
    }
  });

  addEventListener('change', event => {
    if (event.target instanceof HTMLInputElement && event.target.matches('[data-keys-off]')) {
      try {
        event.target.checked ? localStorage.setItem(off, '') : localStorage.removeItem(off);
      } catch {
        // it then lasts until the page is left
      }
    }
  });
}
