import { filesOf, isNoise } from './_dropped';

// Files go by HTTP with antiforgery, never over the circuit. One request a file, so that one that is refused leaves the others alone.

interface DotNet {
  invokeMethodAsync(method: string, ...args: unknown[]): Promise<unknown>;
}

interface Words {
  cancel: string;
  lost: string;
  lostNext: string;
  close: string;
}

interface Options {
  /** What the file dialog shows. */
  accept?: string;
  /** Files chosen together are one thing and go in one request. */
  together?: boolean;
  /** The page is told what the server answered. */
  answer?: boolean;
}

interface Problem {
  detail?: string;
  title?: string;
  next?: string;
  code?: string;
  traceId?: string;
}

export function intake(zone: HTMLElement, list: HTMLElement, url: string | null, headers: Record<string, string>, limit: number, words: Words, page: DotNet, options: Options = {}): { dispose(): void; choose(): void; paste(text: HTMLTextAreaElement, name: string): boolean } {
  const input = inputOf(options.accept);
  const folder = inputOf();
  folder.webkitdirectory = true;
  const aborted = new AbortController();

  const choose = () => input.click();
  // A folder may hold thousands: a few go at a time, and only those have a row.
  const waiting: File[][] = [];
  let going = 0;
  const take = (files: Iterable<File> | null | undefined) => {
    const chosen = [...(files ?? [])].filter(file => !isNoise(file));
    waiting.push(...(options.together && chosen.length > 0 ? [chosen] : chosen.map(file => [file])));
    next();
  };
  const next = () => {
    while (going < atOnce && waiting.length > 0 && !aborted.signal.aborted) {
      going++;
      send(waiting.shift()!, () => {
        going--;
        next();
      });
    }
  };
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files');

  [input, folder].forEach(chooser => chooser.addEventListener('change', () => {
    take(chooser.files);
    chooser.value = '';
  }));
  const on = <K extends keyof HTMLElementEventMap>(name: K, act: (event: HTMLElementEventMap[K]) => void) => zone.addEventListener(name, act, { signal: aborted.signal });
  zone.dataset.takes = ''; // until then a dropped file would open in the browser
  on('dragover', event => {
    if (hasFiles(event)) {
      event.preventDefault();
      zone.classList.add('over');
    }
  });
  on('dragleave', event => {
    if (!zone.contains(event.relatedTarget as Node | null)) {
      zone.classList.remove('over');
    }
  });
  on('drop', event => {
    event.preventDefault();
    zone.classList.remove('over');
    // The entries are gone once this handler returns; their files come later.
    const entries = [...(event.dataTransfer?.items ?? [])].map(item => item.webkitGetAsEntry?.() ?? null);
    if (entries.some(entry => entry?.isDirectory)) {
      void filesOf(entries).then(take);
    } else {
      take(event.dataTransfer?.files);
    }
  });
  on('click', event => {
    if ((event.target as Element).closest('[data-choose]')) {
      choose();
    } else if ((event.target as Element).closest('[data-choose-folder]')) {
      (event.target as Element).closest('details')?.removeAttribute('open');
      folder.click();
    }
  });

  function send(files: File[], done: () => void): void {
    const row = rowOf(files[0].name);
    const size = files.reduce((sum, file) => sum + file.size, 0);
    if (size > limit) {
      row.onClose(row.remove);
      done();
      void page.invokeMethodAsync('RefusalOf', size).then(problem => refuse(row, problem as Problem)).catch(() => row.fail(words.lost, words.lostNext, ''));
      return;
    }

    if (url === null) {
      // The page makes the place that they go to, and may not be able to.
      void (page.invokeMethodAsync('TargetAsync', files[0].name) as Promise<string | null>)
        .catch(() => null)
        .then(target => target === null ? lose(row, done) : post(target, files, row, done));
    } else {
      post(url, files, row, done);
    }
  }

  function lose(row: ReturnType<typeof rowOf>, done: () => void): void {
    row.fail(words.lost, words.lostNext, '');
    row.onClose(row.remove);
    done();
  }

  function post(target: string, files: File[], row: ReturnType<typeof rowOf>, done: () => void): void {
    const request = new XMLHttpRequest();
    request.open('POST', target);
    Object.entries(headers).forEach(([name, value]) => request.setRequestHeader(name, value));
    request.setRequestHeader('Accept', 'application/json, application/problem+json');
    request.upload.addEventListener('progress', event => row.progress(event.lengthComputable ? event.loaded / event.total : 0));
    request.addEventListener('load', () => {
      if (request.status >= 200 && request.status < 300) {
        row.remove();
        void (options.answer ? page.invokeMethodAsync('AnsweredAsync', request.responseText) : page.invokeMethodAsync('UploadedAsync')).catch(() => undefined);
      } else {
        refuse(row, parse(request.responseText));
      }
    });
    request.addEventListener('error', () => row.fail(words.lost, words.lostNext, ''));
    request.addEventListener('loadend', done);
    row.onClose(() => {
      request.abort();
      row.remove();
    });
    const form = new FormData();
    files.forEach(file => form.append('files', file, file.name));
    request.send(form);
  }

  const refuse = (row: ReturnType<typeof rowOf>, problem: Problem) =>
    row.fail(problem.detail ?? problem.title ?? words.lost, problem.next ?? '', [problem.code, problem.traceId && `trace ${problem.traceId}`].filter(Boolean).join(' · '));

  function rowOf(name: string) {
    const row = document.createElement('div');
    row.innerHTML = '<div class="row"><b class="cut"></b><span class="meta num"></span><span class="grow"></span><button type="button" class="btn ghost sm"></button></div><div class="bar live"><i></i></div>';
    row.querySelector('b')!.textContent = name;
    const close = row.querySelector('button')!;
    close.textContent = words.cancel;
    const share = row.querySelector('.meta')!;
    const bar = row.querySelector<HTMLElement>('.bar > i')!;
    bar.style.width = '0';
    list.append(row);
    return {
      progress(value: number) {
        bar.style.width = `${value * 100}%`;
        share.textContent = `${Math.floor(value * 100)} %`;
      },
      fail(what: string, next: string, trace: string) {
        row.classList.add('bad');
        row.setAttribute('role', 'alert');
        share.textContent = '';
        bar.parentElement!.remove();
        const text = document.createElement('p');
        text.textContent = `${what} ${next}`.trim();
        row.append(text);
        if (trace) {
          const small = document.createElement('span');
          small.className = 'meta mono';
          small.textContent = trace;
          row.append(small);
        }

        close.textContent = words.close;
      },
      onClose: (act: () => void) => close.addEventListener('click', act),
      remove: () => row.remove(),
    };
  }

  const paste = (text: HTMLTextAreaElement, name: string) => {
    const some = text.value.trim().length > 0;
    if (some) {
      take([new File([text.value], name, { type: 'text/markdown' })]);
    } else {
      text.focus();
    }

    return some;
  };

  return { choose, paste, dispose: () => aborted.abort() };
}

const atOnce = 4;

function inputOf(accept = ''): HTMLInputElement {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  input.accept = accept;
  return input;
}

function parse(text: string): Problem {
  try {
    return JSON.parse(text) as Problem;
  } catch {
    return {};
  }
}
