// What every page has: menus that close, copy buttons, keys, and what to do when the connection is lost.
import { guardCircuit } from './_circuit';
import { keepFocus } from './_focus';
import { watchGrowing } from './_growing';
import { listen } from './_keys';
import { keepMenusOpen, walkMenus } from './_menus';

const each = <T extends Element>(selector: string, act: (element: T) => void) => document.querySelectorAll<T>(selector).forEach(act);

// Before any circuit begins: of an answer that grows no message may be missed.
watchGrowing(document.documentElement);
guardCircuit(document.body, characters => each<HTMLElement>('#too-long', note => {
  note.hidden = characters === null;
  note.querySelector('[data-characters]')!.textContent = characters?.toLocaleString() ?? '';
}));
keepMenusOpen();
walkMenus();
keepFocus();

addEventListener('click', event => {
  const target = event.target as Element;
  const own = target.closest('details.menu');
  each<HTMLDetailsElement>('details.menu[open]', menu => {
    if (menu !== own || target.closest('.pop a, .pop button')) {
      if (menu.contains(document.activeElement)) {
        menu.querySelector('summary')?.focus(); // a dialog that an entry opens gives the focus back to where it was
      }

      menu.open = false;
    }
  });

  const copy = target.closest<HTMLElement>('[data-copy]');
  if (copy) {
    void copyText(copy);
  }

  const reveal = target.closest<HTMLElement>('[data-reveal]');
  const hidden = reveal && document.getElementById(reveal.dataset.reveal!);
  if (hidden instanceof HTMLInputElement) {
    hidden.type = hidden.type === 'password' ? 'text' : 'password';
    reveal!.setAttribute('aria-pressed', String(hidden.type === 'text'));
  }

  if (target.closest('[data-reload]')) {
    location.reload();
  }
});

addEventListener('keydown', event => {
  if (event.key === 'Escape') {
    each<HTMLDetailsElement>('details.menu[open]', menu => {
      menu.open = false;
      menu.querySelector('summary')?.focus();
    });
  }
});

/** Copies the text of the attribute, or of the element that it names by selector; plain http lacks the clipboard, so a selection stands in. */
async function copyText(button: HTMLElement): Promise<void> {
  const wanted = button.dataset.copy ?? '';
  const source = wanted.startsWith('#') ? document.querySelector(wanted) : button.closest('.code-block')?.querySelector('code') ?? null;
  const text = wanted && !wanted.startsWith('#') ? wanted : source?.textContent ?? '';
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'sr';
    document.body.append(area);
    area.select();
    document.execCommand('copy'); // deprecated, and the only way without a secure context
    area.remove();
  }

  button.classList.add('ok');
  setTimeout(() => button.classList.remove('ok'), 1500);
}

listen();
