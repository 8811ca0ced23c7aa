// Fields of code: what is typed is drawn in colours below the letters of the field itself.
import { liquidParts } from './_liquid';

/** More than this is not coloured: it would be felt at each key. */
const mostColoured = 60_000;

// The languages are large, and most nodes have none.
let colour: ((block: HTMLElement) => void) | null = null;
const languages = async (): Promise<void> => {
  colour = (await import('./_code')).colour;
};

/** Draws the text of a field into the block below it. */
function draw(field: HTMLTextAreaElement): void {
  const box = field.parentElement!;
  const block = box.querySelector<HTMLElement>(':scope > pre > code')!;
  // A last line that is empty has its height too.
  const text = field.value + (field.value.endsWith('\n') || field.value === '' ? '\u200b' : '');
  if (text.length > mostColoured || (box.dataset.code !== 'liquid' && !colour)) {
    block.textContent = text;
  } else if (box.dataset.code === 'liquid') {
    block.replaceChildren(...liquidParts(text).map(part => {
      if (part.kind === 'text') {
        return part.text;
      }

      const mark = document.createElement('mark');
      mark.dataset.part = part.kind;
      mark.textContent = part.text;
      return mark;
    }));
  } else {
    block.textContent = text;
    colour!(block);
  }
}

/** Colours the fields of code in a part of the page that is drawn anew as it pleases. */
export function coloured(root: HTMLElement): { dispose(): void } {
  const off = new AbortController();
  const drawn = new WeakSet<HTMLTextAreaElement>();
  const fields = '[data-code] > textarea';
  let asked = false;
  const prepare = () => root.querySelectorAll<HTMLTextAreaElement>(fields).forEach(field => {
    if (drawn.has(field)) {
      return;
    }

    drawn.add(field);
    draw(field);
    field.parentElement!.classList.add('ready');
    if (field.parentElement!.dataset.code !== 'liquid' && !asked) {
      asked = true;
      void languages().then(() => root.querySelectorAll<HTMLTextAreaElement>(fields).forEach(draw));
    }
  });
  root.addEventListener('input', event => {
    const field = event.target as HTMLElement;
    if (field.matches(fields)) {
      draw(field as HTMLTextAreaElement);
    }
  }, { signal: off.signal });

  // What stands beside the canvas comes and goes as a whole; only its inside is watched, not the canvas.
  const inside = new MutationObserver(prepare);
  const beside = new MutationObserver(() => watch());
  const watch = () => {
    inside.disconnect();
    root.querySelectorAll(':scope > .insp').forEach(panel => inside.observe(panel, { childList: true, subtree: true }));
    prepare();
  };
  beside.observe(root, { childList: true });
  watch();
  return {
    dispose() {
      off.abort();
      inside.disconnect();
      beside.disconnect();
    },
  };
}
