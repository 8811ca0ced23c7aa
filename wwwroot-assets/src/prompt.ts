// The prompt in the making: its texts are the browser's, what changed of them goes to the server a moment after the last key.
import { MarkedText } from './_marked';
import { pieces, splice } from './_splice';

interface DotNet {
  invokeMethodAsync(method: string, ...args: unknown[]): Promise<unknown>;
}

const pause = 250;
const lostPause = 1500;
const mostAtOnce = 100_000;

type Field = HTMLTextAreaElement | HTMLInputElement;

/** What the server has of each field, and what is still to go there. */
class Outbox {
  private readonly sent = new WeakMap<Field, string>();
  private readonly waiting = new Map<Field, number>();

  // Fields of which the server may have another text: the next message is the whole.
  private readonly lost = new WeakSet<Field>();

  constructor(private readonly page: DotNet) {}

  /** A field as the server drew it. */
  know(field: Field): void {
    if (!this.sent.has(field)) {
      this.sent.set(field, field.defaultValue || field.value);
    }
  }

  later(field: Field, after = pause): void {
    clearTimeout(this.waiting.get(field));
    this.waiting.set(field, window.setTimeout(() => this.send(field), after));
  }

  /** Sends at once what waits; what is called after it arrives after it. */
  flush(): void {
    [...this.waiting.keys()].forEach(field => this.send(field));
  }

  private send(field: Field): void {
    clearTimeout(this.waiting.get(field));
    this.waiting.delete(field);
    const [before, after] = [this.sent.get(field) ?? '', field.value];
    this.sent.set(field, after);
    if (field.dataset.variable !== undefined) {
      if (before !== after || this.lost.delete(field)) {
        this.call(field, 'Give', field.dataset.variable, after.slice(0, mostAtOnce));
      }
    } else if (this.lost.delete(field)) {
      this.sendAll(field);
    } else {
      const change = splice(before, after);
      let length = before.length;
      for (const piece of change ? pieces(change, mostAtOnce) : []) {
        this.call(field, 'Type', Number(field.dataset.key), length, piece.from, piece.removed, piece.inserted);
        length += piece.inserted.length - piece.removed;
      }
    }
  }

  private sendAll(field: Field): void {
    const [key, text] = [Number(field.dataset.key), field.value];
    this.call(field, 'TypeAll', key, text.slice(0, mostAtOnce));
    for (let at = mostAtOnce; at < text.length; at += mostAtOnce) {
      this.call(field, 'Type', key, at, at, 0, text.slice(at, at + mostAtOnce));
    }
  }

  // Refused, or lost with the connection: it goes again, whole.
  private call(field: Field, method: string, ...args: unknown[]): void {
    const again = () => {
      if (field.isConnected) {
        this.lost.add(field);
        this.later(field, lostPause);
      }
    };
    void this.page.invokeMethodAsync(method, ...args).then(taken => taken === false && again(), again);
  }
}

/** Makes the fields of the page editable in place: marks variables, sends what is typed, moves messages by pointer and by key. */
export function edit(root: HTMLElement, page: DotNet): { dispose(): void } {
  const outbox = new Outbox(page);
  const drawn = new WeakMap<HTMLElement, MarkedText>();
  const fields = '.ed > textarea[data-key], [data-variable]';
  let isAdding = false;
  const prepare = () => {
    root.querySelectorAll<Field>(fields).forEach(field => {
      outbox.know(field);
      const below = field.parentElement!.querySelector<HTMLElement>(':scope > pre');
      if (field.dataset.key !== undefined && below && !drawn.has(field)) {
        const text = new MarkedText(below);
        drawn.set(field, text);
        text.draw(field.value);
        field.parentElement!.classList.add('ready');
        if (isAdding) {
          isAdding = false;
          field.focus();
        }
      }
    });
  };
  // Whoever opens a column is in it, and whoever closes one is where it is opened again.
  const folded = new MutationObserver(changes => {
    const [was, now] = [` ${changes[0].oldValue} `, root.classList];
    for (const [name, column, button] of [['open', '.insp', '[data-column=right]'], ['left', '.prompt', '[data-column=left]']]) {
      if (was.includes(` ${name} `) !== now.contains(name)) {
        const panel = root.querySelector<HTMLElement>(column)!;
        (panel.checkVisibility() ? panel : root.querySelector<HTMLElement>(button)!).focus({ preventScroll: true });
      }
    }
  });
  folded.observe(root, { attributes: true, attributeFilter: ['class'], attributeOldValue: true });

  // A column that lies over the answers ends where the next question is written: what stood below that could not be reached.
  const composer = root.querySelector<HTMLElement>('.composer')!;
  const below = new ResizeObserver(() => root.style.setProperty('--below', `${composer.offsetHeight}px`));
  below.observe(composer);

  // The settings may lie folded away: they open first, by the server's word.
  const fill = (name: string) => {
    const field = () => root.querySelector<HTMLElement>(`[data-variable="${CSS.escape(name)}"], [data-choice="${CSS.escape(name)}"]`);
    if (field()?.checkVisibility() === false) {
      root.querySelector<HTMLElement>('[data-column=right]')?.click();
    }

    const until = performance.now() + lostPause;
    const reach = () => field()?.checkVisibility() ? field()!.focus() : performance.now() < until && requestAnimationFrame(reach);
    reach();
  };
  const pointed = (event: Event) => {
    const target = event.target as Element;
    isAdding = target.closest('[data-add]') !== null;
    const wanted = target.closest<HTMLElement>('[data-fill]')?.dataset.fill;
    if (wanted !== undefined) {
      fill(wanted);
    }
  };

  const typed = (event: Event) => {
    const field = event.target as HTMLTextAreaElement;
    if (field.matches(fields)) {
      drawn.get(field)?.draw(field.value);
      outbox.later(field);
    }
  };
  const flush = () => outbox.flush();
  const pressed = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && target.matches(fields)) {
      event.preventDefault();
      flush();
      document.querySelector<HTMLElement>('[data-send]')?.click();
      return;
    }

    const grip = target.closest<HTMLElement>('[data-drag]');
    if (grip && (event.key === 'ArrowUp' || event.key === 'ArrowDown') && !event.altKey) {
      event.preventDefault();
      const place = Number(grip.closest<HTMLElement>('[data-place]')!.dataset.place);
      void page.invokeMethodAsync('Move', Number(grip.dataset.drag), place + (event.key === 'ArrowUp' ? -1 : 1)).then(() => grip.focus());
    }
  };

  let dragged: HTMLElement | null = null;
  const blocks = () => [...root.querySelectorAll<HTMLElement>('[data-block]')];
  const placeAt = (y: number): number => {
    const others = blocks().filter(block => block !== dragged);
    const below = others.findIndex(block => {
      const box = block.getBoundingClientRect();
      return y < box.top + box.height / 2;
    });
    return below < 0 ? others.length : below;
  };
  const begun = (event: DragEvent) => {
    const grip = (event.target as HTMLElement).closest?.<HTMLElement>('[data-drag]');
    if (grip) {
      dragged = grip.closest<HTMLElement>('[data-block]');
      dragged!.classList.add('dragged');
      event.dataTransfer!.effectAllowed = 'move';
      event.dataTransfer!.setData('text/plain', '');
    }
  };
  const over = (event: DragEvent) => {
    if (dragged) {
      event.preventDefault();
      event.stopPropagation(); // files are dropped elsewhere
      const others = blocks().filter(block => block !== dragged);
      const place = placeAt(event.clientY);
      others.forEach((block, i) => {
        block.classList.toggle('before', i === place);
        block.classList.toggle('after', i === others.length - 1 && place === others.length);
      });
    }
  };
  const ended = (event: DragEvent) => {
    if (dragged) {
      if (event.type === 'drop') {
        event.preventDefault();
        event.stopPropagation();
        void page.invokeMethodAsync('Move', Number(dragged.dataset.block), placeAt(event.clientY));
      }

      blocks().forEach(block => block.classList.remove('before', 'after', 'dragged'));
      dragged = null;
    }
  };

  const grown = new MutationObserver(prepare);
  grown.observe(root, { childList: true, subtree: true });
  root.addEventListener('input', typed);
  root.addEventListener('change', flush);
  root.addEventListener('keydown', pressed);
  root.addEventListener('click', pointed);
  root.addEventListener('dragstart', begun);
  root.addEventListener('dragover', over);
  root.addEventListener('drop', ended);
  root.addEventListener('dragend', ended);
  document.addEventListener('studio-send', flush);
  addEventListener('pagehide', flush);
  prepare();
  return {
    dispose() {
      folded.disconnect();
      below.disconnect();
      flush();
      grown.disconnect();
      document.removeEventListener('studio-send', flush);
      removeEventListener('pagehide', flush);
    },
  };
}
