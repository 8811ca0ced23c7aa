// Beside the canvas: fields that speak up when typing pauses and complete what stands between braces, and the outline's keys.
import { away } from './_away';
import { coloured } from './_coloured';
import { complete, suggest, type TemplateName } from './canvas/names';

interface DotNet {
  invokeMethodAsync(method: string, ...args: unknown[]): Promise<unknown>;
}

const pause = 350;

/** Whether it is pointed at with a finger. */
export const isTouched = (): boolean => matchMedia('(pointer: coarse)').matches;

export const isPhone = (): boolean => matchMedia('(max-width: 760px)').matches;

/** Fields with data-slow become a change of their own when a pause in typing says so; those with data-names complete names. */
export function fields(root: HTMLElement): { focus(): void; focusRow(path: string): void; dispose(): void } {
  const off = new AbortController();
  const timers = new Map<HTMLElement, number>();
  const list = document.createElement('div');
  list.className = 'names raised';
  list.setAttribute('role', 'listbox');
  list.hidden = true;
  root.append(list);
  const colours = coloured(root);
  away(root, off.signal);
  let field: HTMLInputElement | HTMLTextAreaElement | null = null;
  let found: TemplateName[] = [];
  let at = 0;
  let from = 0;

  const isField = (target: EventTarget | null): target is HTMLInputElement | HTMLTextAreaElement => target instanceof HTMLElement && target.matches('[data-slow]');
  const close = () => {
    list.hidden = true;
    field = null;
  };
  const paint = () => {
    list.replaceChildren(...found.map((one, i) => {
      const row = document.createElement('div');
      row.setAttribute('role', 'option');
      row.setAttribute('aria-selected', String(i === at));
      row.innerHTML = '<span class="mono"></span><span class="t3"></span><span class="mono t3"></span>';
      row.children[0].textContent = one.Name;
      row.children[1].textContent = one.From;
      row.children[2].textContent = one.Type;
      row.addEventListener('pointerdown', event => {
        event.preventDefault();
        take(i);
      });
      return row;
    }));
  };
  const offer = (target: HTMLInputElement | HTMLTextAreaElement) => {
    const names = target.dataset.names ? JSON.parse(target.dataset.names) as TemplateName[] : [];
    const caret = target.selectionStart ?? target.value.length;
    const offered = suggest(target.value, caret, names, target.dataset.bare !== undefined);
    if (offered === null || offered.names.length === 0) {
      close();
      return;
    }

    [field, found, from, at] = [target, offered.names, offered.from, 0];
    const [box, own] = [target.getBoundingClientRect(), root.getBoundingClientRect()];
    list.style.transform = `translate(${box.left - own.left}px,${box.bottom - own.top + 4}px)`;
    list.style.width = `${box.width}px`;
    list.hidden = false;
    paint();
  };
  const take = (i: number) => {
    if (!field) {
      return;
    }

    const caret = field.selectionStart ?? field.value.length;
    field.setRangeText(field.dataset.bare === undefined ? complete(field.value, caret, from, found[i].Name) : found[i].Name, from, caret, 'end');
    const own = field;
    close();
    own.dispatchEvent(new Event('input', { bubbles: true }));
    close();
  };

  root.addEventListener('input', event => {
    if (isField(event.target)) {
      const target = event.target;
      clearTimeout(timers.get(target));
      timers.set(target, window.setTimeout(() => target.dispatchEvent(new Event('change', { bubbles: true })), pause));
      if (target.dataset.names !== undefined) {
        offer(target);
      }
    }
  }, { signal: off.signal });
  root.addEventListener('change', event => {
    if (isField(event.target)) {
      clearTimeout(timers.get(event.target));
    }
  }, { signal: off.signal });
  // A list that is gone through by its arrow keys speaks up when that pauses: what comes back for a choice on the way would undo the next.
  root.addEventListener('change', event => {
    const list = event.target;
    if (list instanceof HTMLSelectElement && event.isTrusted && document.activeElement === list && list.dataset.keyed !== undefined) {
      event.stopPropagation();
      clearTimeout(timers.get(list));
      timers.set(list, window.setTimeout(() => settle(list), pause));
    }
  }, { signal: off.signal, capture: true });
  const settle = (list: HTMLElement) => {
    clearTimeout(timers.get(list));
    if (timers.delete(list)) {
      list.dispatchEvent(new Event('change', { bubbles: true }));
    }
  };
  root.addEventListener('keydown', event => event.target instanceof HTMLSelectElement && (event.target.dataset.keyed = ''), { signal: off.signal });
  root.addEventListener('pointerdown', event => event.target instanceof HTMLSelectElement && delete event.target.dataset.keyed, { signal: off.signal });
  root.addEventListener('focusout', event => event.target instanceof HTMLSelectElement && settle(event.target), { signal: off.signal });
  root.addEventListener('focusout', close, { signal: off.signal });
  root.addEventListener('keydown', event => {
    if (list.hidden || event.target !== field) {
      return;
    }

    switch (event.key) {
      case 'ArrowDown': at = (at + 1) % found.length; break;
      case 'ArrowUp': at = (at + found.length - 1) % found.length; break;
      case 'Enter': case 'Tab': take(at); break;
      case 'Escape': close(); break;
      default: return;
    }

    event.preventDefault();
    event.stopPropagation();
    if (!list.hidden) {
      paint();
    }
  }, { signal: off.signal });
  // Escape leaves the settings for the card that they are of.
  root.addEventListener('keydown', event => {
    const panel = (event.target as Element).closest('.insp');
    if (event.key === 'Escape' && panel) {
      (root.querySelector<HTMLElement>('.canvas [data-selected], .flow-outline [aria-pressed=true]') ?? root.querySelector<HTMLElement>('.canvas'))?.focus();
    }
  }, { signal: off.signal });

  return {
    focus: () => root.querySelector<HTMLElement>('.insp .body input, .insp .body textarea, .insp .body select')?.focus(),
    focusRow: path => root.querySelector<HTMLElement>(`.flow-outline [data-path="${CSS.escape(path)}"]`)?.focus(),
    dispose() {
      off.abort();
      colours.dispose();
      list.remove();
    },
  };
}

/** Arrow keys move between the lines of an outline, letters press what stands on a line. */
export function outline(root: HTMLElement, page: DotNet): { dispose(): void } {
  const off = new AbortController();
  const rows = () => [...root.querySelectorAll<HTMLElement>('[data-row]')];
  const lettersAreOff = () => {
    try {
      return localStorage.getItem('keys-off') !== null;
    } catch {
      return false; // storage may be forbidden
    }
  };
  root.addEventListener('keydown', event => {
    const row = (event.target as Element).closest<HTMLElement>('li')?.querySelector<HTMLElement>('[data-row]');
    if ((event.target as Element).closest('input')) {
      return;
    }

    const command = event.ctrlKey || event.metaKey;
    if (command && (event.key.toLowerCase() === 'z' || event.key.toLowerCase() === 'y')) {
      event.preventDefault();
      void page.invokeMethodAsync('StepAsync', event.key.toLowerCase() === 'z' && !event.shiftKey);
      return;
    }

    if (command || event.altKey || !row) {
      return;
    }

    const press = (key: string) => {
      const button = row.closest('li')!.querySelector<HTMLElement>(`[data-key="${key}"]`);
      button?.click();
      return button !== null;
    };
    const fold = (open: boolean) => {
      const button = row.closest('li')!.querySelector<HTMLElement>('[data-key="fold"]');
      if (button?.getAttribute('aria-expanded') === String(!open)) {
        button.click();
      }

      return button !== null;
    };
    const go = (by: number) => {
      const all = rows();
      all[all.indexOf(row) + by]?.focus();
      return true;
    };
    const acted = event.key === 'ArrowDown' ? go(1) : event.key === 'ArrowUp' ? go(-1)
      : event.key === 'ArrowLeft' ? fold(false) : event.key === 'ArrowRight' ? fold(true)
      : event.key === 'Delete' ? press('delete')
      : lettersAreOff() ? false
      : event.key === 'c' || event.key === 'a' || event.key === 'i' ? press(event.key)
      : event.key === 'o' ? (void page.invokeMethodAsync('CanvasAsync'), true) : false;
    if (acted) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, { signal: off.signal });
  return { dispose: () => off.abort() };
}
