import { step, unsure } from './_alternatives';

/** A token is worth a look below this probability; Page Up and Page Down go from one such to the next. */
const worthALook = 0.5;

/** Shows what the model would have said instead: under the pointer, and by the arrow keys. */
export function alternatives(text: HTMLElement, card: HTMLElement): { dispose(): void } {
  const stop = new AbortController();
  const tokens = (): HTMLElement[] => [...text.querySelectorAll<HTMLElement>('[data-p]')];
  let shown: HTMLElement | null = null;

  const hide = (): void => {
    shown?.removeAttribute('data-on');
    shown = null;
    card.hidden = true;
  };
  const show = (token: HTMLElement): void => {
    if (shown === token) {
      return;
    }

    shown?.removeAttribute('data-on');
    shown = token;
    token.setAttribute('data-on', '');
    const rows = (token.dataset.others ?? '').split('\u001f').filter(row => row.length > 0).map(row => {
      const [share, word] = [row.slice(0, row.indexOf('\u001e')), row.slice(row.indexOf('\u001e') + 1)];
      const line = document.createElement('li');
      const name = document.createElement('code');
      name.textContent = word;
      const number = document.createElement('span');
      number.className = 'num';
      number.textContent = share;
      line.append(name, number);
      line.classList.toggle('on', word === token.dataset.word);
      return line;
    });
    card.querySelector('ul')!.replaceChildren(...rows);
    card.querySelector('b')!.textContent = token.dataset.says ?? '';
    card.hidden = false;
    const [home, at] = [text.getBoundingClientRect(), token.getClientRects()[0] ?? token.getBoundingClientRect()];
    card.style.left = `${Math.max(0, Math.min(at.left - home.left, home.width - card.offsetWidth))}px`;
    card.style.top = `${at.bottom - home.top + 4}px`;
  };

  text.addEventListener('pointerover', event => {
    const token = (event.target as HTMLElement).closest<HTMLElement>('[data-p]');
    if (token) {
      show(token);
    }
  }, { signal: stop.signal });
  text.addEventListener('pointerleave', hide, { signal: stop.signal });
  text.addEventListener('focusout', hide, { signal: stop.signal });
  text.addEventListener('keydown', event => {
    const all = tokens();
    const at = shown ? all.indexOf(shown) : -1;
    if (event.key === 'Escape' && shown) {
      event.stopPropagation();
      hide();
      return;
    }

    const jump = event.key === 'PageDown' ? 1 : event.key === 'PageUp' ? -1 : 0;
    const next = jump !== 0
      ? unsure(all.map(token => Number(token.dataset.p)), at, jump, worthALook)
      : step(event.key, at, all.length);
    const token = next === null ? undefined : all[next];
    if (token) {
      event.preventDefault();
      show(token);
      token.scrollIntoView({ block: 'nearest' });
    }
  }, { signal: stop.signal });
  text.dataset.keys = '';

  return { dispose: () => stop.abort() };
}
