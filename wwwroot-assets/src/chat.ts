// The pixels of a conversation: following the stream, sending by keyboard, growing the field, colouring code.

interface DotNet {
  invokeMethodAsync(method: string, ...args: unknown[]): Promise<unknown>;
}

const near = 48;

/** Keeps the end in view while text arrives, until the reader scrolls up. */
export function follow(turns: HTMLElement, box: HTMLElement, page: DotNet): { dispose(): void; toEnd(): void } {
  let following = true;
  const jump = box.querySelector<HTMLElement>('.jump');
  const atEnd = () => turns.scrollHeight - turns.scrollTop - turns.clientHeight < near;
  const toEnd = () => {
    following = true;
    turns.scrollTop = turns.scrollHeight;
    show();
  };
  // Columns that do not fit are told of until the last of them is in view.
  const aside = box.parentElement?.querySelector<HTMLElement>('.aside');
  const show = () => {
    jump?.toggleAttribute('hidden', following || atEnd());
    aside?.toggleAttribute('hidden', turns.scrollWidth - turns.scrollLeft - turns.clientWidth < near);
  };
  const toLast = () => turns.scrollTo({ left: turns.scrollWidth, behavior: 'smooth' });
  const up = (event: WheelEvent) => {
    if (event.deltaY < 0) {
      following = false;
    }
  };
  let top = 0;
  const scrolled = () => {
    const gap = turns.scrollHeight - turns.scrollTop - turns.clientHeight;
    // Any move up is the reader's, however small; only the end itself takes it back.
    following = gap < 4 || (turns.scrollTop >= top && (following || gap < near));
    top = turns.scrollTop;
    show();
  };
  const grown = new MutationObserver(() => {
    if (following) {
      turns.scrollTop = turns.scrollHeight;
    }

    show();
    colour(turns);
    if (!fetching) {
      watchEarlier();
    }
  });
  // The field grows, an error appears above it, a phone's keyboard opens: the end stays in view.
  const resized = new ResizeObserver(() => {
    if (following) {
      turns.scrollTop = turns.scrollHeight;
    }

    show();
  });

  const cited = (event: MouseEvent) => {
    const mark = (event.target as Element).closest<HTMLElement>('[data-cite]');
    const message = mark?.closest<HTMLElement>('[data-message]')?.dataset.message;
    if (mark && message) {
      void page.invokeMethodAsync('OpenCitationAsync', message, Number(mark.dataset.cite));
    }
  };

  // Turns above the first that is drawn come as the reader nears them; what is read stays where it is.
  let fetching = false;
  const nearTop = new IntersectionObserver(seen => {
    if (!fetching && seen.some(entry => entry.isIntersecting)) {
      void earlier();
    }
  }, { root: turns, rootMargin: '1200px 0px 0px 0px' });
  const earlier = async () => {
    fetching = true;
    try {
      for (let mark = turns.querySelector('[data-earlier]'); mark && mark.getBoundingClientRect().bottom > turns.getBoundingClientRect().top - 1200; mark = turns.querySelector('[data-earlier]')) {
        const below = turns.scrollHeight - turns.scrollTop;
        await page.invokeMethodAsync('EarlierAsync');
        turns.scrollTop = turns.scrollHeight - below;
        top = turns.scrollTop;
      }
    } catch {
      await new Promise(done => setTimeout(done, 1500)); // without a connection they come when it is back
    } finally {
      fetching = false;
      watched = null;
      watchEarlier();
    }
  };
  let watched: Element | null = null;
  const watchEarlier = () => {
    const mark = turns.querySelector('[data-earlier]');
    if (mark !== watched) {
      nearTop.disconnect();
      watched = mark;
      if (mark) {
        nearTop.observe(mark);
      }
    }
  };

  // A question in other words goes as a new one does: Enter asks it, Escape leaves it as it was.
  const edited = (event: KeyboardEvent) => {
    const field = event.target as HTMLElement;
    const form = field.closest<HTMLFormElement>('form.edit');
    if (!form || event.isComposing) {
      return;
    }

    if (event.key === 'Escape') {
      event.preventDefault();
      form.querySelector<HTMLElement>('[data-leave]')?.click();
    } else if (event.key === 'Enter' && !event.shiftKey && field.matches('textarea')) {
      event.preventDefault();
      field.dispatchEvent(new Event('change', { bubbles: true }));
      form.requestSubmit();
    }
  };

  turns.addEventListener('click', cited);
  turns.addEventListener('keydown', edited);
  turns.addEventListener('wheel', up, { passive: true });
  turns.addEventListener('scroll', scrolled, { passive: true });
  jump?.addEventListener('click', toEnd);
  aside?.addEventListener('click', toLast);
  grown.observe(turns, { childList: true, subtree: true, characterData: true });
  resized.observe(turns);
  toEnd();
  watchEarlier();
  colour(turns);
  return {
    toEnd,
    dispose() {
      grown.disconnect();
      resized.disconnect();
      nearTop.disconnect();
      turns.removeEventListener('click', cited);
      turns.removeEventListener('keydown', edited);
      turns.removeEventListener('wheel', up);
      turns.removeEventListener('scroll', scrolled);
      jump?.removeEventListener('click', toEnd);
      aside?.removeEventListener('click', toLast);
    },
  };
}

/**
 * A field that sends on Enter and on Ctrl/Cmd Enter (Shift Enter is a new line) and stops on Escape. The text crosses to the server once, when
 * it is sent, and stays in the field where the server refuses it.
 */
export function composer(box: HTMLElement, page: DotNet): { dispose(): void; focus(): void; set(text: string): void } {
  const field = box.querySelector('textarea')!;
  const pane = box.parentElement!; // samples stand above the field
  let sending = false;
  // A phone would lay its keyboard over what is to be read.
  const settle = () => matchMedia('(min-width: 761px)').matches && field.focus({ preventScroll: true });
  const send = async () => {
    if (sending) {
      return;
    }

    sending = true;
    document.dispatchEvent(new Event('studio-send')); // what is typed elsewhere and asked with it goes first
    const text = field.value;
    field.value = '';
    try {
      // A message over the circuit is limited to 1 MiB; the server refuses far less, with a sentence.
      const accepted = await page.invokeMethodAsync('SendFromFieldAsync', text.slice(0, 200_001));
      if (!accepted && field.value === '') {
        field.value = text;
      }
    } catch {
      field.value ||= text;
    } finally {
      sending = false;
    }
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      void send();
    }
  };
  const clicked = (event: MouseEvent) => {
    const sample = (event.target as Element).closest<HTMLElement>('[data-sample]');
    if (sample) {
      field.value = sample.textContent!.trim();
      field.focus();
    } else if ((event.target as Element).closest('[data-send]')) {
      settle(); // the button turns into Stop, and the focus on it would fall off the page
      void send();
    }
  };
  const typed = () => {
    if (field.value.trim() !== '' && box.querySelector('.note.danger')) {
      void page.invokeMethodAsync('ForgetError');
    }
  };
  const escaped = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && box.querySelector('[data-stop]') && !document.querySelector('dialog[open]')) {
      event.preventDefault();
      void page.invokeMethodAsync('StopFromField');
    }
  };
  field.addEventListener('keydown', pressed);
  field.addEventListener('input', typed);
  pane.addEventListener('click', clicked);
  document.addEventListener('keydown', escaped);
  box.dataset.ready = ''; // until then Enter is only a new line
  // Not where it stands beside a form (data-quiet): the field in hand keeps the focus.
  if (!box.closest('[data-quiet]')) {
    settle();
  }

  return {
    focus: () => field.focus(),
    set(text) {
      field.value = text;
    },
    dispose() {
      field.removeEventListener('keydown', pressed);
      field.removeEventListener('input', typed);
      pane.removeEventListener('click', clicked);
      document.removeEventListener('keydown', escaped);
    },
  };
}

/** Colours finished code blocks; the library loads with the first of them. */
function colour(turns: HTMLElement): void {
  const blocks = turns.querySelectorAll<HTMLElement>('.md[data-done] pre > code:not([data-coloured])');
  if (blocks.length === 0) {
    return;
  }

  blocks.forEach(block => block.setAttribute('data-coloured', ''));
  void import('./_code').then(code => blocks.forEach(code.colour));
}
