import { colour } from './_code';
import { lineNumbers } from './_lines';

interface Page { invokeMethodAsync(method: string, ...args: unknown[]): Promise<unknown> }

/** Milliseconds without a key before the page looks at what was typed. */
const pause = 250;

/** More than this is not coloured: it would be felt at each key. */
const mostColoured = 60_000;

/** A field of JSON: coloured while it is typed, with numbered lines; the page hears of the text when the typing pauses. */
export function field(box: HTMLElement, page: Page): { write(text: string): void; mark(line: number): void; show(line: number, column: number): void; dispose(): void } {
  const text = box.querySelector('textarea')!;
  const back = box.querySelector<HTMLElement>('pre > code')!;
  const lines = box.querySelector<HTMLElement>('.lines')!;
  const stop = new AbortController();
  let timer = 0;
  let wrong = 0;

  const paint = (): void => {
    back.textContent = `${text.value}\n`;
    if (text.value.length <= mostColoured) {
      colour(back);
    }

    lines.replaceChildren(...lineNumbers(text.value).map(number => {
      const line = document.createElement('span');
      line.textContent = String(number);
      line.classList.toggle('wrong', number === wrong);
      return line;
    }));
    follow();
  };
  const follow = (): void => {
    back.parentElement!.scrollTop = lines.scrollTop = text.scrollTop;
    back.parentElement!.scrollLeft = text.scrollLeft;
  };
  const tell = (): void => {
    window.clearTimeout(timer);
    timer = 0;
    void page.invokeMethodAsync('TypedAsync', text.value).catch(() => undefined);
  };

  text.addEventListener('input', () => {
    paint();
    window.clearTimeout(timer);
    timer = window.setTimeout(tell, pause);
  }, { signal: stop.signal });
  text.addEventListener('blur', () => timer && tell(), { signal: stop.signal });
  text.addEventListener('scroll', follow, { signal: stop.signal, passive: true });
  paint();

  return {
    write(value: string): void {
      if (text.value !== value) {
        text.value = value;
        paint();
      }
    },
    mark(line: number): void {
      wrong = line;
      lines.querySelectorAll('span').forEach((span, i) => span.classList.toggle('wrong', i + 1 === line));
    },
    show(line: number, column: number): void {
      const before = text.value.split('\n').slice(0, line - 1).reduce((sum, part) => sum + part.length + 1, 0) + column - 1;
      text.focus();
      text.setSelectionRange(before, before);
      text.scrollTop = Math.max(0, (line - 4) * parseFloat(getComputedStyle(text).lineHeight));
    },
    dispose(): void {
      window.clearTimeout(timer);
      stop.abort();
    },
  };
}
