// The pages of a PDF as they look, with a quote marked on them.
import { GlobalWorkerOptions, TextLayer, getDocument, type PDFDocumentProxy, type PDFPageProxy, type RenderTask } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { locate } from './_quotes';
import { bring } from './_scroll';

interface Sheet {
  number: number;
  box: HTMLElement;
  page?: PDFPageProxy;
  task?: RenderTask;
  drawn: boolean;
}

/** A quote of the document: what to mark, and the page that it begins on. */
interface Quote {
  page: number;
  text: string;
}

/**
 * Draws the pages that are in sight, one below the other.
 * @param worker The address of the thread that reads; what it needs lies beside it.
 * @returns `show` scrolls to a quote and marks it; its result is false where the page's own text does not have it.
 */
export async function open(host: HTMLElement, url: string, worker: string, words: { page: string }): Promise<{ pages: number; show(quote: Quote): Promise<boolean>; go(page: number): void; dispose(): void }> {
  GlobalWorkerOptions.workerSrc = worker;
  const beside = new URL('/pdf/', document.baseURI).href;
  const task = getDocument({
    url,
    cMapUrl: `${beside}cmaps/`,
    standardFontDataUrl: `${beside}standard_fonts/`,
    wasmUrl: `${beside}decoders/`,
    isEvalSupported: false,
    enableXfa: false,
    disableAutoFetch: true,
    withCredentials: true,
  });
  const file: PDFDocumentProxy = await task.promise;
  const first = await file.getPage(1);
  const natural = first.getViewport({ scale: 1 });
  let quote: Quote | undefined;

  const sheets: Sheet[] = Array.from({ length: file.numPages }, (_, i) => {
    const box = document.createElement('div');
    box.className = 'paper';
    box.dataset.page = `${i + 1}`;
    box.setAttribute('role', 'img');
    box.setAttribute('aria-label', words.page.replace('{0}', `${i + 1}`));
    box.style.aspectRatio = `${natural.width} / ${natural.height}`;
    return { number: i + 1, box, drawn: false };
  });
  host.replaceChildren(...sheets.map(sheet => sheet.box));

  const seen = new IntersectionObserver(entries => {
    for (const entry of entries) {
      const sheet = sheets[Number((entry.target as HTMLElement).dataset.page) - 1];
      if (entry.isIntersecting) {
        void draw(sheet);
      } else if (sheet.drawn) {
        // Far away pages give their memory back.
        sheet.drawn = false;
        sheet.task?.cancel();
        sheet.page?.cleanup();
        sheet.box.replaceChildren();
      }
    }
  }, { root: host, rootMargin: '150% 0px' });
  sheets.forEach(sheet => seen.observe(sheet.box));

  // A wider window needs more pixels; what is in sight is drawn anew.
  let width = host.clientWidth;
  const resized = new ResizeObserver(() => {
    if (Math.abs(host.clientWidth - width) > 8) {
      width = host.clientWidth;
      const again = sheets.filter(sheet => sheet.drawn).map(sheet => {
        sheet.drawn = false;
        return draw(sheet);
      });
      // The place that somebody came for stays in sight.
      void Promise.all(again).then(() => bring(host, host.querySelector('.quote'), 'center'));
    }
  });
  resized.observe(host);

  async function draw(sheet: Sheet): Promise<boolean> {
    if (sheet.drawn) {
      return mark(sheet);
    }

    sheet.drawn = true;
    sheet.page ??= await file.getPage(sheet.number);
    const own = sheet.page.getViewport({ scale: 1 });
    sheet.box.style.aspectRatio = `${own.width} / ${own.height}`;
    const scale = sheet.box.clientWidth / own.width;
    const sharp = Math.min(devicePixelRatio || 1, 2);
    const viewport = sheet.page.getViewport({ scale });
    const canvas = document.createElement('canvas');
    canvas.width = Math.floor(viewport.width * sharp);
    canvas.height = Math.floor(viewport.height * sharp);
    sheet.task?.cancel();
    sheet.task = sheet.page.render({ canvas, viewport, transform: sharp === 1 ? undefined : [sharp, 0, 0, sharp, 0, 0] });
    const text = document.createElement('div');
    text.className = 'textLayer';
    text.style.setProperty('--total-scale-factor', `${scale}`);
    text.style.setProperty('--scale-factor', `${scale}`);
    try {
      await sheet.task.promise;
      const content = await sheet.page.getTextContent();
      await new TextLayer({ textContentSource: content, container: text, viewport }).render();
    } catch (stopped) {
      if ((stopped as Error).name === 'RenderingCancelledException') {
        return false;
      }

      throw stopped;
    }

    sheet.box.replaceChildren(canvas, text);
    sheet.box.dataset.drawn = '';
    return mark(sheet);
  }

  async function mark(sheet: Sheet): Promise<boolean> {
    sheet.box.querySelectorAll('.quote').forEach(old => old.remove());
    if (!quote || !sheet.page || sheet.number < quote.page || sheet.number > quote.page + 1) {
      return false;
    }

    const { items } = await sheet.page.getTextContent();
    const texts = items.flatMap(item => ('str' in item ? [item] : []));
    const places = locate(texts.map(item => item.str), quote.text);
    const viewport = sheet.page.getViewport({ scale: 1 });
    for (const { item, from, to } of places) {
      const { transform, width, height, str } = texts[item];
      const share = (at: number) => (str.length === 0 ? 0 : (width * at) / str.length);
      const [x, y] = [transform[4] + share(from), transform[5]];
      const tall = height || Math.hypot(transform[2], transform[3]);
      const [left, top, right, bottom] = viewport.convertToViewportRectangle([x, y - tall * 0.22, x + share(to) - share(from), y + tall * 0.86]);
      const box = document.createElement('i');
      box.className = 'quote';
      box.style.left = `${(100 * Math.min(left, right)) / viewport.width}%`;
      box.style.top = `${(100 * Math.min(top, bottom)) / viewport.height}%`;
      box.style.width = `${(100 * Math.abs(right - left)) / viewport.width}%`;
      box.style.height = `${(100 * Math.abs(bottom - top)) / viewport.height}%`;
      sheet.box.append(box);
    }

    return places.length > 0;
  }

  const go = (page: number) => bring(host, sheets[Math.min(Math.max(page, 1), sheets.length) - 1].box, 'start');

  return {
    pages: file.numPages,
    go,
    async show(next) {
      const before = quote;
      quote = next;
      const sheet = sheets[Math.min(Math.max(next.page, 1), sheets.length) - 1];
      sheets.filter(other => other.drawn && other !== sheet && (other.number === before?.page || other.number === (before?.page ?? 0) + 1)).forEach(other => void mark(other));
      go(sheet.number);
      const found = await draw(sheet);
      const following = sheets[sheet.number];
      const isLater = !found && following !== undefined && await draw(following);
      bring(host, (isLater ? following : sheet).box.querySelector('.quote'), 'center');
      return found || isLater;
    },
    dispose() {
      seen.disconnect();
      resized.disconnect();
      void task.destroy();
    },
  };
}
